import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { digestOf } from '../src/remotes/testdata/registry.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { webImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually } from './fixtures/lab.ts'
import { succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { type Registry, startRegistry } from './fixtures/registry.ts'

const MIB = 1 << 20
const readers = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Buffer) => bytes }

/** What skopeo finds under a name, blob by blob. */
interface Copied {
  readonly manifest: { readonly mediaType: string; readonly layers: readonly { readonly digest: string }[] }
  readonly raw: Buffer
  readonly diffIDs: readonly string[]
  blob(digest: string): Promise<Buffer>
}

if (await isolated(import.meta.filename)) {
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    describe(`push-compression ${compression}`, () => {
      let root: string
      let origin: Registry
      let target: Registry
      let engine: Engine
      let copies = 0

      before(async () => {
        root = await mkdtemp(join(tmpdir(), 'strata-push-'))
        origin = await startRegistry({ root: join(root, 'origin') })
        target = await startRegistry({ root: join(root, 'target') })
        await pushImage(origin, 'web:1', await webImage({ into: root }))
        await writeFile(join(root, 'daemon.json'), JSON.stringify({ 'push-compression': compression }))
        engine = await startEngine({ flags: ['--config-file', join(root, 'daemon.json')] })
      })
      after(async () => {
        await engine[Symbol.asyncDispose]()
        await origin.stop()
        await target.stop()
        await rm(root, { recursive: true, force: true })
      })

      async function ok(...args: string[]): Promise<string> {
        const { status, stdout, stderr } = await engine.docker(args, { timeout: 120_000 })
        assert.equal(status, 0, `docker ${args.join(' ')}: ${stdout}${stderr}`)
        return stdout.replace(/\n$/, '')
      }

      async function copy(name: string): Promise<Copied> {
        const folder = join(root, `copied-${copies++}`)
        await succeed(['skopeo', 'copy', '--all', '--src-tls-verify=false', `docker://${name}`, `dir:${folder}`])
        const raw = await readFile(join(folder, 'manifest.json'))
        const manifest = JSON.parse(raw.toString())
        const blob = (digest: string) => readFile(join(folder, digest.replace('sha256:', '')))
        const config = JSON.parse((await blob(manifest.config.digest)).toString())
        return { manifest, raw, diffIDs: config.rootfs.diff_ids, blob }
      }

      /** That what skopeo reads are the layers of the image, compressed so. */
      async function assertLayers({ manifest, diffIDs, blob }: Copied): Promise<void> {
        const found = await Promise.all(
          manifest.layers.map(async ({ digest }) => digestOf(readers[compression](await blob(digest)))),
        )
        assert.deepEqual(found, diffIDs)
      }

      const layersOf = async (name: string) =>
        JSON.parse(await ok('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name))

      test('what was pulled goes elsewhere as it came', async () => {
        const [from, to] = [`${origin.host}/web:1`, `${target.host}/web:1`]
        await ok('pull', '-q', from)
        await ok('tag', from, to)
        assert.match(await ok('push', to), /: Pushed\n/)
        const [first, second] = [await copy(from), await copy(to)]
        assert.ok(second.raw.equals(first.raw))
        await ok('tag', from, `${target.host}/lent:1`)
        assert.match(await ok('push', `${target.host}/lent:1`), /: Mounted from web\n/)
        assert.ok((await copy(`${target.host}/lent:1`)).raw.equals(first.raw))
      })

      test('what nobody has is compressed, the same each time, and read by skopeo', async () => {
        const tree = join(root, 'tree')
        await mkdir(tree)
        await writeFile(join(tree, 'noise'), randomBytes(5 * MIB))
        await writeFile(join(tree, 'text'), 'a line of text\n'.repeat(500_000))
        await succeed(['tar', '-C', tree, '-cf', join(root, 'tree.tar'), '.'])
        const name = `${target.host}/made:1`
        await ok('import', join(root, 'tree.tar'), name)
        await ok('push', '-q', name)
        const first = await copy(name)
        await assertLayers(first)
        assert.deepEqual(first.diffIDs, await layersOf(name))
        const id = await ok('image', 'inspect', '--format', '{{.Id}}', name)

        await ok('rmi', name)
        await ok('pull', '-q', name)
        assert.equal(await ok('image', 'inspect', '--format', '{{.Id}}', name), id)
        await ok('rmi', name)
        await ok('import', join(root, 'tree.tar'), `${origin.host}/made:1`)
        await ok('push', '-q', `${origin.host}/made:1`)
        const second = await copy(`${origin.host}/made:1`)
        assert.deepEqual(
          second.manifest.layers.map(({ digest }) => digest),
          first.manifest.layers.map(({ digest }) => digest),
        )
      })

      test('a registry that dies meanwhile, and comes back, gets all of it', async () => {
        const tree = join(root, 'large')
        await mkdir(tree)
        for (const part of ['a', 'b', 'c']) await writeFile(join(tree, part), randomBytes(48 * MIB))
        await succeed(['tar', '-C', tree, '-cf', join(root, 'large.tar'), '.'])
        const name = `${target.host}/large:1`
        await ok('import', join(root, 'large.tar'), name)
        const pushed = ok('push', name)
        const uploads = join(root, 'target/data/docker/registry/v2/repositories/large/_uploads')
        await eventually(
          () => sizeOfUploads(uploads),
          size => size > 8 * MIB,
        )
        process.kill(target.pid, 'SIGKILL')
        await target.stop()
        target = await startRegistry({ root: join(root, 'target'), port: Number(target.host.split(':')[1]) })
        await pushed
        await assertLayers(await copy(name))
      })
    })
  }
}

async function sizeOfUploads(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = names.map(name =>
    stat(join(folder, name, 'data')).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
