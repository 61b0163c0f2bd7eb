import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { block, padded } from '../../archive/testdata/raw-tar.ts'
import { type NameRecord, openPassingLease } from '../../images/index.ts'
import { type Descriptor, hexOf, type Platform, parsePlatform } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { bytesOf, collect } from '../../std/index.ts'
import { loadImages, saveImages } from '../index.ts'
import { all, newPuller, newRegistry, OCI_INDEX, pulling, type Store } from '../testdata/fixtures.ts'
import { pushNestedIndex } from '../testdata/push-index.ts'
import type { ProgressEvent } from '../transfer.ts'

type Pushed = ReturnType<typeof pushNestedIndex>
type Files = Map<string, Buffer>

const NAME = 'example.org/multi:1'
const blobPath = ({ digest }: Pick<Descriptor, 'digest'>) => `blobs/sha256/${hexOf(digest)}`
const partsOf = ({ config, layers, manifest }: Pushed['amd64']) => [config, ...layers, manifest]

/** The index as an OCI layout, under `name`. */
async function layout(
  t: TestContext,
  options: {
    readonly name?: string
    readonly compress?: (tar: Buffer) => Buffer
    readonly own?: number
    readonly nested?: true
  } = {},
) {
  const { name = NAME, compress, own, nested } = options
  const registry = await newRegistry(t)
  const pushed = pushNestedIndex(registry, { ...(compress && { compress }), ...(own && { own }) })
  const annotations = name === '' ? {} : { annotations: { 'io.containerd.image.name': name } }
  const top = { schemaVersion: 2, manifests: [{ ...(nested ? pushed.outer : pushed.index), ...annotations }] }
  const files: Files = new Map([['index.json', Buffer.from(JSON.stringify(top))]])
  for (const [digest, bytes] of registry.blobs) files.set(`blobs/sha256/${digest.slice(7)}`, bytes)
  for (const [key, { bytes }] of registry.manifests) {
    const digest = /@sha256:(\w+)$/.exec(key)?.[1]
    if (digest) files.set(`blobs/sha256/${digest}`, bytes)
  }
  return { registry, pushed, files }
}

function archiveOf(files: Files, links: Readonly<Record<string, string>> = {}): Buffer {
  const entries = [...files].flatMap(([name, bytes]) => [block({ name, size: bytes.byteLength }), padded(bytes)])
  const linked = Object.entries(links).map(([name, linkname]) => block({ name, linkname, flag: '1' }))
  return Buffer.concat([...entries, ...linked, Buffer.alloc(1024)])
}

async function load(store: Store, archive: Buffer, platform?: Platform) {
  const events: ProgressEvent[] = []
  using lease = openPassingLease(store.leases, 'load')
  const records = await loadImages(bytesOf(Buffer.from(archive)), {
    ...store,
    lease,
    maxLayerSize: 1 << 30,
    ...(platform && { platform }),
    progress: event => void events.push(event),
    signal: new AbortController().signal,
  })
  assert.equal((await all(store.content.ingests())).length, 0, 'nothing is left of what was put aside')
  return { records, said: events.flatMap(({ stream }) => stream ?? []).join('') }
}

const nameOf = (store: Store, name = NAME) => store.images.name(parseReference(name))

/** All that a name holds is there. */
async function assertHeld(store: Store, { held, target }: NameRecord): Promise<void> {
  assert.ok(await store.content.has(target!.digest))
  for (const { digest, image, blobs } of held!.manifests) {
    for (const each of [digest, ...blobs]) await store.content.verify(each)
    for (const { diffID } of image ? store.images.get(image)!.layers : []) assert.ok(await store.layers.has(diffID))
  }
}

test('a layout with an index: the name holds all of it, as a pull of all platforms would', async t => {
  const { registry, pushed, files } = await layout(t)
  const pulled = await newPuller(t)
  await pulling(pulled, registry, 'multi', { platforms: 'all' })
  const expected = nameOf(pulled, `${registry.host}/multi:latest`)!
  const store = await newPuller(t)
  const { records, said } = await load(store, archiveOf(files))
  assert.deepEqual(nameOf(store), expected)
  assert.equal(expected.held?.whole, true)
  await assertHeld(store, expected)
  assert.equal(said, `Loaded image: ${NAME}\n`)
  assert.deepEqual(
    new Set(records.map(({ id }) => id)),
    new Set([pushed.amd64.config.digest, pushed.arm64.config.digest]),
  )

  // What is saved of it comes back, though manifest.json tells of one image alone; again changes nothing.
  const record = store.images.get(expected.image)!
  const saved = await saveImages([{ record, references: [parseReference(NAME)], index: expected.target! }], store)
  const archive = await collect(saved.bytes(), 1 << 24)
  const other = await newPuller(t)
  assert.equal((await load(other, archive)).said, `Loaded image: ${NAME}\n`)
  assert.deepEqual(nameOf(other), expected)
  await assertHeld(other, expected)
  await load(other, archive)
  assert.deepEqual(nameOf(other), expected)
})

test('layers that are not compressed are kept as blobs too', async t => {
  const { files } = await layout(t, { compress: tar => tar })
  const store = await newPuller(t)
  await load(store, archiveOf(files))
  assert.equal(nameOf(store)?.held?.whole, true)
  await assertHeld(store, nameOf(store)!)
})

test('blobs that are too large to wait in memory are kept, and those beside them', async t => {
  const { files } = await layout(t, { own: 400_000 })
  const store = await newPuller(t)
  await load(store, archiveOf(files))
  assert.equal(nameOf(store)?.held?.whole, true)
  await assertHeld(store, nameOf(store)!)
})

test('what the archive has not is not held; more of it comes to the rest', async t => {
  const { pushed, files } = await layout(t)
  const { amd64, arm64, windows, attestation } = pushed
  const without = (...missing: readonly Descriptor[]) => {
    const paths = new Set(missing.map(blobPath))
    return archiveOf(new Map([...files].filter(([name]) => !paths.has(name))))
  }
  const digests = (...images: readonly { readonly digest: string }[]) => images.map(({ digest }) => digest)
  const store = await newPuller(t)
  await load(store, without(amd64.layers[1]!, windows.config, attestation))
  // One image of several: it stands alone.
  assert.deepEqual(nameOf(store), { image: arm64.config.digest, target: arm64.manifest })
  const { said } = await load(store, without(windows.manifest, attestation))
  assert.match(said, /already exists, renaming the old one/)
  const name = nameOf(store)!
  assert.deepEqual(digests(...name.held!.manifests), digests(amd64.manifest, arm64.manifest))
  assert.deepEqual([name.image, name.held?.whole], [amd64.config.digest, false])
  await load(store, without(amd64.layers[1]!))
  assert.deepEqual(
    digests(...nameOf(store)!.held!.manifests),
    digests(amd64.manifest, arm64.manifest, windows.manifest, attestation),
  )
  await assertHeld(store, nameOf(store)!)
})

test('one platform, when it is asked for', async t => {
  const { pushed, files } = await layout(t)
  const { arm64 } = pushed
  const alone = { image: arm64.config.digest, target: arm64.manifest }
  const store = await newPuller(t)
  const { records } = await load(store, archiveOf(files), parsePlatform('linux/arm64'))
  assert.deepEqual(
    records.map(({ id }) => id),
    [arm64.config.digest],
  )
  assert.deepEqual(nameOf(store), alone)
  const refused = { message: 'requested platform (linux/s390x) not found: image might be filtered out' }
  await assert.rejects(load(store, archiveOf(files), parsePlatform('linux/s390x')), refused)

  await load(store, archiveOf(files))
  const index = nameOf(store)!
  const saved = await saveImages(
    [{ record: store.images.get(index.image)!, references: [parseReference(NAME)], index: index.target! }],
    store,
  )
  const archive = await collect(saved.bytes(), 1 << 24)
  const other = await newPuller(t)
  await load(other, archive, parsePlatform('linux/arm64'))
  assert.deepEqual(nameOf(other), alone)
  await assert.rejects(load(other, archive, parsePlatform('linux/s390x')), refused)
})

test('without a name there is nothing to hold it together: the image for the host', async t => {
  const { pushed, files } = await layout(t, { name: '' })
  const store = await newPuller(t)
  const { said } = await load(store, archiveOf(files))
  assert.equal(said, `Loaded image ID: ${pushed.amd64.config.digest}\n`)
  assert.equal(store.images.list().length, 1)
})

test('an archive that was tampered with is refused, wherever it was, and nothing is recorded', async t => {
  const { pushed, files } = await layout(t)
  const { amd64, arm64, windows, statement, config } = pushed
  const spoiled: readonly Descriptor[] = [
    pushed.index,
    ...partsOf(amd64),
    ...partsOf(arm64),
    ...partsOf(windows),
    statement,
    config,
  ]
  for (const part of new Map(spoiled.map(each => [each.digest, each])).values()) {
    const bytes = Buffer.from(files.get(blobPath(part))!)
    bytes[bytes.length >> 1]! ^= 1
    const store = await newPuller(t)
    await assert.rejects(load(store, archiveOf(new Map(files).set(blobPath(part), bytes))), (error: Error) => {
      assert.match(error.message, /verification failed|is damaged|digest|not valid JSON|invalid/)
      return true
    })
    assert.equal(nameOf(store), undefined)
    assert.deepEqual(store.images.list(), [])
    assert.equal((await all(store.content.ingests())).length, 0)
  }
})

test('a blob that is a link to another one, or to what is none, is refused', async t => {
  const { pushed, files } = await layout(t)
  const { statement, amd64 } = pushed
  files.delete(blobPath(statement))
  files.set('large', Buffer.alloc(9 << 20, 1))
  for (const target of [blobPath(amd64.layers[1]!), 'large']) {
    const store = await newPuller(t)
    await assert.rejects(load(store, archiveOf(files, { [blobPath(statement)]: target })), {
      message: `content verification failed for digest ${statement.digest}`,
    })
    assert.equal(nameOf(store), undefined)
    assert.equal((await all(store.content.ingests())).length, 0)
  }
})

test('indexes within an index: all of it is held, saved and loaded again; what is missing of it is known', async t => {
  const { pushed, files } = await layout(t, { nested: true })
  const { arm64, index, middle, outer } = pushed
  const store = await newPuller(t)
  const { said } = await load(store, archiveOf(files))
  assert.equal(said, `Loaded image: ${NAME}\n`)
  const name = nameOf(store)!
  assert.deepEqual(name.target, { mediaType: OCI_INDEX, digest: outer.digest, size: outer.size })
  assert.deepEqual(name.indexes, [index.digest, middle.digest])
  assert.equal(name.held?.whole, true)
  await assertHeld(store, name)

  const record = store.images.get(name.image)!
  const archive = await saveImages([{ record, references: [parseReference(NAME)], index: name.target! }], store)
  const again = await newPuller(t)
  await load(again, await collect(archive.bytes(), archive.size))
  assert.deepEqual(nameOf(again), name)
  await assertHeld(again, nameOf(again)!)

  const one = await newPuller(t)
  const { records } = await load(one, archiveOf(files), parsePlatform('linux/arm64'))
  assert.deepEqual(
    records.map(({ id }) => id),
    [arm64.config.digest],
  )
  files.delete(blobPath(arm64.manifest))
  const part = await newPuller(t)
  await load(part, archiveOf(files))
  assert.equal(nameOf(part)?.held?.whole, false)
  await assertHeld(part, nameOf(part)!)
})

test('an index within an index that is not what its digest says is refused', async t => {
  const { pushed, files } = await layout(t, { nested: true })
  const store = await newPuller(t)
  files.set(blobPath(pushed.middle), files.get(blobPath(pushed.index))!)
  await assert.rejects(load(store, archiveOf(files)), {
    message: `content verification failed for digest ${pushed.middle.digest}`,
  })
  assert.deepEqual(store.images.list(), [])
})
