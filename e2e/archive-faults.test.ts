import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { block } from '../src/archive/testdata/raw-tar.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import {
  archiveOf,
  blobEntry,
  busyboxTars,
  configOf,
  dockerArchive,
  hexOf,
  type RawEntry,
  writeArchive,
} from './fixtures/image-archive.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually } from './fixtures/lab.ts'
import { execute, succeed } from './fixtures/processes.ts'
import { createRandom } from './fixtures/random.ts'

const strata = join(import.meta.dirname, '../bin/strata')
const limit = 20_000_000
const mega = 1 << 20

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-archive-faults-'))
  const file = (name: string) => join(root, name)
  const layers = await busyboxTars(file('layers'))
  const [base, etc] = layers as [Buffer, Buffer]
  /** Layers that nothing else has, so that nobody is content with one that is there. */
  const odd = archiveOf([{ name: 'odd', data: createRandom(3).bytes(mega) }])
  const oddPath = blobEntry(odd).name
  await writeArchive(file('good.tar'), dockerArchive({ layers, tags: ['good:one'] }))
  await writeFile(file('config.json'), JSON.stringify({ 'max-layer-size': limit }))
  const engine = await startEngine({ flags: ['--config-file', file('config.json')] })
  await succeed(['docker', 'load', '-i', file('good.tar')], { env: engine.env })
  const kept = await contentsOf(engine)
  after(async () => {
    try {
      await engine.docker(['rmi', '-f', 'good:one'])
      await engine.stop()
      assert.deepEqual(await engine.leaks(), [])
    } finally {
      await engine[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true })
    }
  })

  const withOdd = (item: Readonly<Record<string, unknown>> = {}): RawEntry[] =>
    dockerArchive({ layers: [odd, etc], tags: ['bad:one'], item })
  const without = (name: string) => withOdd().filter(entry => entry.name !== name)
  const whole = archiveOf(withOdd())
  const config = configOf([odd, etc])
  const other = blobEntry(config).name
  const bomb = gzipSync(Buffer.alloc(limit + mega))
  const oci = (manifest: object, blobs: readonly RawEntry[]): RawEntry[] => {
    const document = Buffer.from(JSON.stringify({ schemaVersion: 2, ...manifest }))
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const descriptor = { mediaType, digest: `sha256:${hexOf(document)}`, size: document.length }
    const index = { schemaVersion: 2, manifests: [descriptor] }
    return [...blobs, blobEntry(document), { name: 'index.json', data: JSON.stringify(index) }]
  }
  const described = (bytes: Buffer, mediaType: string) => ({
    mediaType,
    digest: `sha256:${hexOf(bytes)}`,
    size: bytes.length,
  })
  const ociManifest = {
    config: described(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [odd, etc].map(layer => described(layer, 'application/vnd.oci.image.layer.v1.tar')),
  }
  const ociBlobs = [odd, etc, config].map(blobEntry)

  /** Archives, by what is wrong, and what is said of it: where dockerd 28.5 has words for it, these. */
  const bad: Readonly<Record<string, readonly [archive: readonly RawEntry[] | Buffer, message: string | RegExp]>> = {
    'cut off in a layer': [whole.subarray(0, 700_000), 'unexpected EOF'],
    'cut off in a header': [whole.subarray(0, 700), 'unexpected EOF'],
    'cut off as a gzip': [gzipSync(whole).subarray(0, 5000), 'unexpected EOF'],
    'no tar': [Buffer.from('this is no archive\n'.repeat(1000)), 'archive/tar: invalid tar header'],
    'nothing at all': [Buffer.alloc(0), /^invalid archive: /],
    'an empty tar': [archiveOf([]), /^invalid archive: /],
    'no manifest': [without('manifest.json'), /^invalid archive: /],
    'no config': [without(other), `open ${other}: no such file or directory`],
    'no layer': [without(oddPath), `open ${oddPath}: no such file or directory`],
    'another layer in its place': [
      [...without(oddPath), { name: oddPath, data: archiveOf([{ name: 'other', data: 'x' }]) }],
      /^invalid diffID for layer 0: expected "sha256:[0-9a-f]{64}", got "sha256:[0-9a-f]{64}"$/,
    ],
    'a layer that is cut off': [
      [...without(oddPath), { name: oddPath, data: odd.subarray(0, 600_000) }],
      /^unexpected EOF/,
    ],
    'a layer that is no tar': [
      [...without(oddPath), { name: oddPath, data: 'text '.repeat(1000) }],
      /invalid tar header/,
    ],
    'a folder for a layer': [
      withOdd({ Layers: ['blobs', blobEntry(etc).name] }),
      'open blobs: no such file or directory',
    ],
    'a config out of the archive': [withOdd({ Config: '/etc/passwd' }), 'open /etc/passwd: no such file or directory'],
    'a layer out of the archive': [
      withOdd({ Layers: ['../../../../etc/passwd', blobEntry(etc).name] }),
      'open ../../../../etc/passwd: no such file or directory',
    ],
    'a symlink out of the archive': [
      [...without(oddPath), { name: oddPath, link: { to: '../../../../../../etc/passwd' } }],
      `open ${oddPath}: no such file or directory`,
    ],
    'a hard link out of the archive': [
      [...without(oddPath), { name: oddPath, link: { to: '/etc/passwd', hard: true } }],
      `open ${oddPath}: no such file or directory`,
    ],
    'symlinks in a ring': [
      [
        ...without(oddPath),
        { name: oddPath, link: { to: 'ring' } },
        { name: 'blobs/sha256/ring', link: { to: `../../${oddPath}` } },
      ],
      `open ${oddPath}: no such file or directory`,
    ],
    'an entry out of the archive': [
      [...withOdd(), { name: '../../strata-escape', data: 'x' }],
      'invalid entry name "../../strata-escape"',
    ],
    'a name twice, the last one counts': [
      [...withOdd(), { name: 'manifest.json', data: '{}' }],
      'json: cannot unmarshal object into Go value of type []tarexport.manifestItem',
    ],
    'a hundred thousand entries of nothing': [
      Buffer.concat([
        ...Array.from({ length: 100_000 }, (_, index) => block({ name: `nothing/${index}` })),
        Buffer.alloc(1024),
      ]),
      /^invalid archive: /,
    ],
    'documents without end': [
      Array.from({ length: 70 }, (_, index) => ({ name: `d${index}`, data: Buffer.alloc(mega, '{') })),
      /^the archive has more than \d+ bytes of documents/,
    ],
    'a layer that is a bomb': [
      dockerArchive({ layers: [bomb, etc], config, tags: ['bad:one'] }),
      `decompressed layer is larger than ${limit} bytes`,
    ],
    'a layer that is too large': [
      dockerArchive({
        layers: [archiveOf([{ name: 'x', data: Buffer.alloc(limit) }]), etc],
        config,
        tags: ['bad:one'],
      }),
      `layer is larger than the limit of ${limit} bytes`,
    ],
    'an OCI layout whose config is another': [
      oci(ociManifest, [...ociBlobs.slice(0, 2), { name: other, data: configOf([etc, odd]) }]),
      /^content verification failed for digest sha256:/,
    ],
    'an OCI layout whose layer is another': [
      oci({ ...ociManifest, layers: ociManifest.layers.toReversed() }, ociBlobs),
      /^invalid diffID for layer 0/,
    ],
    'an OCI layout without a layer': [
      oci(ociManifest, ociBlobs.slice(1)),
      `open ${oddPath}: no such file or directory`,
    ],
    'an index that is none': [[{ name: 'index.json', data: '{"schemaVersion":2,"layers":[]}' }], /^index has/],
  }
  /** Waits until only what was there before is stored: what is let go is collected in the background. */
  const settled = () =>
    eventually(
      () => contentsOf(engine),
      contents => isDeepStrictEqual(contents, kept),
    )

  for (const [what, [archive, message]] of Object.entries(bad)) {
    test(`${what}: refused, and nothing of it is kept`, async () => {
      await writeFile(file('bad.tar'), Buffer.isBuffer(archive) ? archive : archiveOf(archive as RawEntry[]))
      const { status, stdout, stderr } = await engine.docker(['load', '-i', file('bad.tar')])
      if (typeof message === 'string') assert.equal(stderr.trim(), message)
      else assert.match(stderr.trim(), message)
      assert.deepEqual([status, stdout], [1, ''])
      await settled()
      assert.equal((await engine.docker(['images', '-aq'])).stdout.split('\n').length, 2)
    })
  }

  const small = archiveOf([{ name: 'data', data: createRandom(5).bytes(5000) }])
  const linkOut = (to: string) => archiveOf([{ name: 'out', link: { to, hard: true } }])
  /** File systems, by what is wrong, and what is said of it when they are imported. */
  const badImports: Readonly<Record<string, readonly [tar: Buffer, message: string | RegExp]>> = {
    'cut off in a file': [small.subarray(0, 3000), 'unexpected EOF'],
    'cut off in a header': [small.subarray(0, 300), 'unexpected EOF'],
    'cut off as a gzip': [gzipSync(small).subarray(0, 3000), 'unexpected EOF'],
    'a hard link out of it': [linkOut('/etc/passwd'), /^hard link \/out to \/etc\/passwd: no such file or directory/],
    'a hard link up and out of it': [linkOut('../../../etc/passwd'), /: no such file or directory/],
    'a bomb': [bomb, `decompressed layer is larger than ${limit} bytes`],
    'too large': [
      archiveOf([{ name: 'x', data: Buffer.alloc(limit) }]),
      `decompressed layer is larger than ${limit} bytes`,
    ],
  }
  for (const [what, [tar, message]] of Object.entries(badImports)) {
    test(`import, ${what}: refused, and nothing of it is kept`, async () => {
      await writeFile(file('bad.tar'), tar)
      const { status, stdout, stderr } = await engine.docker(['import', file('bad.tar'), 'bad:one'])
      const text = stderr.trim().replace('Error response from daemon: ', '')
      if (typeof message === 'string') assert.equal(text, message)
      else assert.match(text, message)
      assert.deepEqual([status, stdout], [1, ''])
      await settled()
    })
  }

  test('import, what wants out stays inside, and entries of nothing are entries', async () => {
    const tar = archiveOf([
      { name: '../../../tmp/strata-escape', data: 'by dots' },
      { name: 'way', link: { to: '../../../../tmp' } },
      { name: 'way/strata-escape-link', data: 'by a link' },
      { name: 'twice', data: 'one' },
      { name: 'twice', data: 'two' },
    ])
    await writeFile(file('bad.tar'), Buffer.concat([tar.subarray(0, -1024), base]))
    await engine.docker(['import', file('bad.tar'), 'bad:out'])
    const show = 'cat /tmp/strata-escape /way/strata-escape-link /twice; readlink /way'
    const run = ['docker', 'run', '--rm', '--network', 'none', 'bad:out', '/bin/sh', '-c', show]
    assert.match(await succeed(run, { env: engine.env }), /^by dots.*two/)
    for (const name of ['strata-escape', 'strata-escape-link']) {
      await assert.rejects(access(join('/tmp', name)), { code: 'ENOENT' })
    }
    const many = Array.from({ length: 30_000 }, (_, index) => block({ name: `nothing/${index}` }))
    await writeFile(file('bad.tar'), Buffer.concat([...many, Buffer.alloc(1024)]))
    const { status, stderr } = await engine.docker(['import', file('bad.tar'), 'bad:many'])
    assert.equal(status, 0, stderr)
    await engine.docker(['rmi', 'bad:out', 'bad:many'])
    await settled()
  })

  test('after all of them the engine is unharmed, and has taken little memory', async () => {
    await unharmed(engine)
    const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${engine.pid}/status`, 'utf8'))!
    assert.ok(Number(peak) < 300_000, `${peak} kB`)
  })

  test('a client that goes away in the middle leaves nothing', async () => {
    const client = spawn('docker', ['load'], { env: engine.env, stdio: ['pipe', 'ignore', 'ignore'] })
    client.stdin.on('error', () => {}) // it is killed
    client.stdin.write(whole.subarray(0, 700_000))
    const underWay = (contents: readonly string[][]) => contents.at(-1)!.length > 0
    await eventually(() => contentsOf(engine), underWay)
    client.kill('SIGKILL')
    await once(client, 'close')
    await settled()
    await unharmed(engine)
  })
}

async function contentsOf(engine: Engine): Promise<readonly string[][]> {
  const names = async (folder: string) => (await readdir(join(engine.dataRoot, folder))).sort()
  return Promise.all(['content/blobs/sha256', 'content/ingests', 'layers/erofs/layers', 'layers/erofs/tmp'].map(names))
}

/** The good image runs, and nothing that is stored is wrong. */
async function unharmed(engine: Engine): Promise<void> {
  const run = ['docker', 'run', '--rm', '--network', 'none', 'good:one', 'cat', '/srv/index.html']
  assert.equal(await succeed(run, { env: engine.env }), 'hello from strata\n')
  const { stdout } = await execute([strata, 'system', 'check', '--host', engine.host])
  assert.match(stdout, /^checked \d+, no problems\n$/)
}
