import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { busyboxTars, dockerArchive, writeArchive } from './fixtures/image-archive.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually } from './fixtures/lab.ts'
import { execute, succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

const strata = join(import.meta.dirname, '../bin/strata')
/** skopeo asks for no signatures. */
const skopeo = ['skopeo', '--insecure-policy', 'copy', '--quiet']

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-archives-'))
  const registry = await startRegistry({ root: join(root, 'registry') })
  await pushImage(registry, 'busybox:latest', await busyboxImage({ into: join(root, 'layers') }))
  const image = await busyboxImage({ into: join(root, 'oci-layers'), flavor: 'oci' }, { Labels: { a: 'b' } })
  await pushImage(registry, 'oci:latest', image)
  const engine = await startEngine()
  const file = (name: string) => join(root, name)
  const docker = async (...args: string[]) => (await succeed(['docker', ...args], { env: engine.env })).trim()
  const busybox = `${registry.host}/busybox`
  await docker('pull', '-q', busybox)
  const id = await docker('images', '-q', '--no-trunc', busybox)
  const clear = async () => {
    const ids = (await docker('images', '-aq')).split('\n').filter(each => each !== '')
    if (ids.length > 0) await docker('rmi', '-f', ...new Set(ids))
    // What is let go is collected in the background.
    for (const folder of ['content/blobs/sha256', 'layers/erofs/layers']) {
      await eventually(
        () => readdir(join(engine.dataRoot, folder)),
        names => names.length === 0,
      )
    }
  }
  after(async () => {
    try {
      await clear()
      await engine.stop()
      assert.deepEqual(await engine.leaks(), [])
    } finally {
      await engine[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true })
    }
  })

  test('the same images make the same archive, to a file, to a stream and after a round trip', async () => {
    await docker('tag', busybox, 'mine:one')
    await docker('save', '-o', file('one.tar'), 'mine:one')
    await succeed(['sh', '-c', 'docker save mine:one > "$1"', 'sh', file('again.tar')], { env: engine.env })
    const bytes = await readFile(file('one.tar'))
    assert.ok(bytes.equals(await readFile(file('again.tar'))))
    await clear()
    await succeed(['sh', '-c', 'docker load < "$1"', 'sh', file('one.tar')], { env: engine.env })
    assert.equal(await docker('images', '-q', '--no-trunc', 'mine:one'), id)
    await docker('save', '-o', file('again.tar'), 'mine:one')
    assert.ok(bytes.equals(await readFile(file('again.tar'))))
    await unharmed(engine, 'mine:one')
  })

  test('skopeo reads what is saved, both ways, and finds the same image', async () => {
    for (const kind of ['docker-archive', 'oci-archive']) {
      await rm(file('copy'), { recursive: true, force: true })
      await succeed([...skopeo, `${kind}:${file('one.tar')}`, `dir:${file('copy')}`])
      const manifest = JSON.parse(await readFile(file('copy/manifest.json'), 'utf8')) as { config: { digest: string } }
      assert.equal(manifest.config.digest, id, kind)
    }
  })

  test('archives that skopeo writes are loaded, with names and digests', async () => {
    const source = `docker://${registry.host}/oci`
    await succeed([...skopeo, '--src-tls-verify=false', source, `docker-archive:${file('skopeo.tar')}:from/skopeo:1`])
    await succeed([...skopeo, '--src-tls-verify=false', source, `oci-archive:${file('skopeo-oci.tar')}:from/skopeo:2`])
    await succeed([...skopeo, '--src-tls-verify=false', source, `oci-archive:${file('skopeo-tag.tar')}:latest`])
    await clear()
    const config = image.blobs[0]!.digest
    assert.equal(await docker('load', '-i', file('skopeo.tar')), 'Loaded image: from/skopeo:1')
    assert.equal(await docker('images', '-q', '--no-trunc', 'from/skopeo:1'), config)
    await clear()
    assert.equal(await docker('load', '-i', file('skopeo-oci.tar')), 'Loaded image: from/skopeo:2')
    assert.equal(await docker('load', '-i', file('skopeo-tag.tar')), `Loaded image ID: ${config}`)
    assert.equal(await docker('images', '-q', '--no-trunc', 'from/skopeo:2'), config)
    // The manifest that the registry served came along, and stays.
    const blobs = await readdir(join(engine.dataRoot, 'content/blobs/sha256'))
    assert.ok(blobs.includes(image.manifest.digest.slice('sha256:'.length)))
    await unharmed(engine, 'from/skopeo:2')
  })

  test('an OCI layout in a tar of GNU tar, compressed, with its documents at the end', async () => {
    await clear()
    await mkdir(file('layout'))
    await succeed(['tar', '-xf', file('skopeo-oci.tar'), '-C', file('layout')])
    const script = 'cd "$1" && tar -c blobs oci-layout index.json | xz -1 > "$2"'
    await succeed(['sh', '-c', script, 'sh', file('layout'), file('layout.tar.xz')])
    assert.equal(await docker('load', '-i', file('layout.tar.xz')), 'Loaded image: from/skopeo:2')
    await unharmed(engine, 'from/skopeo:2')
  })

  test('two loads of the same archive at once, while images are removed', async () => {
    const layers = await busyboxTars(file('layers'))
    await writeArchive(file('two.tar'), dockerArchive({ layers, tags: ['two:one'] }))
    const work = ['load', 'load', 'rmi', 'load', 'rmi', 'load', 'save'].map(async verb => {
      if (verb === 'load') return docker('load', '-i', file('two.tar'))
      const args = verb === 'rmi' ? ['rmi', '-f', 'two:one'] : ['save', '-o', file('busy.tar'), 'two:one']
      await execute(['docker', ...args], { env: engine.env })
      return 'Loaded image: two:one'
    })
    assert.deepEqual(new Set(await Promise.all(work)), new Set(['Loaded image: two:one']))
    await docker('load', '-i', file('two.tar'))
    await unharmed(engine, 'two:one')
  })
}

/** The image runs, and nothing that is stored is wrong. */
async function unharmed(engine: Engine, name: string): Promise<void> {
  const run = ['docker', 'run', '--rm', '--network', 'none', name, 'cat', '/srv/index.html']
  assert.equal(await succeed(run, { env: engine.env }), 'hello from strata\n')
  const { stdout } = await execute([strata, 'system', 'check', '--host', engine.host])
  assert.match(stdout, /^checked \d+, no problems\n$/)
}
