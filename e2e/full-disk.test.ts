import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { MANIFEST, TestRegistry } from '../src/remotes/testdata/registry.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { archiveOf, busyboxTars, configOf, dockerArchive, writeArchive } from './fixtures/image-archive.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually } from './fixtures/lab.ts'
import { succeed } from './fixtures/processes.ts'
import { createRandom } from './fixtures/random.ts'
import { checkEmpty, checkStore, ok } from './torture/inspection.ts'

const mega = 1 << 20
/** What fits on the disk together with the other things, when there is room for it. */
const large = 12 * mega
/** What is free when the disk is nearly full: less than anything large needs, more than the records of it. */
const rest = 3 * mega

if (await isolated(import.meta.filename)) {
  let root: string
  let disk: string
  let registry: TestRegistry
  let engine: Engine
  const file = (name: string) => join(root, name)

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'strata-full-disk-'))
    disk = file('disk')
    await mkdir(disk)
    await mkdir(file('other'))
    await succeed(['mount', '-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk])
    await succeed(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', file('other')])
    registry = await new TestRegistry().start()
    const base = await busyboxTars(file('layers'))
    const random = createRandom(1)
    const layer = (name: string, size = large) => archiveOf([{ name, data: random.bytes(size) }])
    const layers = ['one', 'two', 'three'].map(name => layer(name, large / 3))
    await writeArchive(file('good.tar'), dockerArchive({ layers: base, tags: ['good:1'] }))
    await writeArchive(file('loaded.tar'), dockerArchive({ layers: [...base, ...layers], tags: ['loaded:1'] }))
    await writeFile(file('imported.tar'), layer('imported'))
    serve(registry, 'pulled', layer('pulled'))
    engine = await startEngine({ dataRoot: disk })
    await ok(engine, 'load', '-i', file('good.tar'))
    const write = ['dd', 'if=/dev/urandom', 'of=/x', `bs=${mega}`, `count=${large / mega}`]
    await ok(engine, 'run', '--name', 'writer', '--network', 'none', 'good:1', ...write)
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    await registry.stop()
    for (const each of [disk, file('other')]) await succeed(['umount', each])
    await rm(root, { recursive: true, force: true })
  })

  const free = async () => {
    const { bavail, bsize } = await statfs(disk)
    return bavail * bsize
  }
  /** Fills the disk but for some bytes. */
  const fill = async (left: number) => {
    await rm(join(disk, 'filler'), { force: true })
    const size = (await free()) - left
    await succeed(['fallocate', '--length', String(size), join(disk, 'filler')])
  }
  const empty = () => rm(join(disk, 'filler'))

  /** What needs room, by name: the command, and what it makes. */
  const needing = () =>
    ({
      load: [['load', '-i', file('loaded.tar')], 'loaded:1'],
      import: [['import', file('imported.tar'), 'imported:1'], 'imported:1'],
      commit: [['commit', 'writer', 'committed:1'], 'committed:1'],
      pull: [['pull', '-q', `${registry.host}/pulled:1`], `${registry.host}/pulled:1`],
    }) as const
  for (const name of ['load', 'import', 'commit', 'pull'] as const) {
    test(`${name} on a full disk: said so, what it took is given back, and it goes well when there is room`, async () => {
      const [command, made] = needing()[name]
      await fill(rest)
      const { status, stderr } = await engine.docker(command)
      assert.match(stderr, /no space left on device$/m)
      assert.equal(status, 1)
      // The log of the records may have grown.
      await eventually(free, left => left >= rest - mega)
      assert.equal((await engine.docker(['image', 'inspect', made])).status, 1)
      await unharmed(engine)
      await empty()
      await ok(engine, ...command)
      await ok(engine, 'rmi', made)
      await unharmed(engine)
    })
  }

  for (const left of [rest, 0]) {
    test(`save and push need no room: ${left} bytes are left`, async () => {
      await ok(engine, 'tag', 'good:1', `${registry.host}/pushed:${left}`)
      registry.blobs.clear()
      await fill(left)
      await ok(engine, 'save', '-o', file('saved.tar'), 'good:1')
      await ok(engine, 'push', `${registry.host}/pushed:${left}`)
      assert.ok(registry.manifests.has(`pushed:${left}`))
      await empty()
      await ok(engine, 'rmi', `${registry.host}/pushed:${left}`)
      assert.match(await ok(engine, 'load', '-i', file('saved.tar')), /^Loaded image: good:1$/m)
      await unharmed(engine)
    })
  }

  test('save to a disk that is full: the client says so, and leaves nothing', async () => {
    const { status, stderr } = await engine.docker(['save', '-o', file('other/saved.tar'), 'good:1'])
    assert.match(stderr, /no space left on device$/m)
    assert.equal(status, 1)
    assert.deepEqual(await readdir(file('other')), [])
    await unharmed(engine)
  })

  test('nothing is left behind', async () => {
    await ok(engine, 'rm', 'writer')
    await ok(engine, 'image', 'prune', '-af')
    await engine.stop()
    assert.deepEqual(await engine.leaks(), [])
    // The bytes that were put aside for records are put aside again at the next start, at the latest.
    await engine.start()
    await engine.stop()
    await checkEmpty(engine)
  })
}

/** Puts an image of one layer into a registry. */
function serve(registry: TestRegistry, name: string, layer: Buffer): void {
  const blobOf = (bytes: Buffer, mediaType: string) => ({ mediaType, ...registry.blob(bytes) })
  registry.manifest(name, '1', MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: blobOf(configOf([layer]), 'application/vnd.docker.container.image.v1+json'),
    layers: [blobOf(gzipSync(layer), 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
  })
}

/** The good image runs, and nothing that is stored is wrong. */
async function unharmed(engine: Engine): Promise<void> {
  const run = ['run', '--rm', '--network', 'none', 'good:1', 'cat', '/srv/index.html']
  assert.equal(await ok(engine, ...run), 'hello from strata\n')
  await checkStore(engine)
}
