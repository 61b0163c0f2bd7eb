import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Descriptor, digestOf, flattenIndex, type Index, mediaTypes } from './index.ts'

const manifest = (seed: string, architecture?: string): Descriptor => ({
  ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(seed), size: 1 },
  ...(architecture !== undefined && { platform: { os: 'linux', architecture } }),
})
const index = (...manifests: Descriptor[]): Index => ({ schemaVersion: 2, manifests })

/** Indexes by what stands for their bytes. */
function reader(indexes: Readonly<Record<string, Index>>) {
  const byDigest = new Map(Object.entries(indexes).map(([seed, each]) => [digestOf(seed), each]))
  return async ({ digest }: Descriptor) => byDigest.get(digest)
}
const nested = (seed: string, architecture?: string) => ({
  ...manifest(seed, architecture),
  mediaType: mediaTypes.ociIndex,
})

test('indexes give way to what they list, in order, each index once and after its own', async () => {
  const read = reader({
    outer: index(manifest('b', 'arm64'), nested('inner'), manifest('c')),
    inner: index(manifest('d', 's390x')),
  })
  const flat = await flattenIndex(index(manifest('a'), nested('outer'), nested('inner'), manifest('e')), read)
  assert.deepEqual(flat, {
    manifests: [manifest('a'), manifest('b', 'arm64'), manifest('d', 's390x'), manifest('c'), manifest('e')],
    indexes: [nested('inner'), nested('outer')],
  })
})

test('a platform counts for what is listed without one', async () => {
  const read = reader({
    outer: index(manifest('a'), manifest('b', 'arm64'), nested('inner')),
    inner: index(manifest('c')),
  })
  const { manifests } = await flattenIndex(index(nested('outer', 'amd64')), read)
  assert.deepEqual(manifests, [manifest('a', 'amd64'), manifest('b', 'arm64'), manifest('c', 'amd64')])
})

test('an index that can not be had stays', async () => {
  const flat = await flattenIndex(index(nested('missing', 'arm64')), reader({}))
  assert.deepEqual(flat, { manifests: [nested('missing', 'arm64')], indexes: [] })
})

test('an index within itself, indexes that lie too deep and too many', async () => {
  // No bytes have their own digest within them; what is read may lie all the same.
  const read = reader({ self: index(nested('self'), manifest('a')) })
  assert.deepEqual((await flattenIndex(index(nested('self')), read)).manifests, [manifest('a')])
  const deep = (levels: number) => {
    const all = Array.from({ length: levels }, (_, at) => [
      String(at),
      index(at + 1 < levels ? nested(String(at + 1)) : manifest('a')),
    ])
    return flattenIndex(index(nested('0')), reader(Object.fromEntries(all)))
  }
  assert.equal((await deep(8)).indexes.length, 8)
  await assert.rejects(deep(9), { message: 'indexes lie more than 8 deep within an index' })
  const many = (count: number) => {
    const seeds = Array.from({ length: count }, (_, at) => String(at))
    return flattenIndex(
      index(...seeds.map(seed => nested(seed))),
      reader(Object.fromEntries(seeds.map(seed => [seed, index()]))),
    )
  }
  assert.equal((await many(100)).indexes.length, 100)
  await assert.rejects(many(101), { message: 'more than 100 indexes lie within an index' })
  const wide = reader({ wide: index(...Array.from({ length: 10_001 }, () => manifest('a'))) })
  const message = 'indexes within an index have more than 10000 entries'
  await assert.rejects(flattenIndex(index(nested('wide')), wide), { message })
})
