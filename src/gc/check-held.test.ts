import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { putBlob } from '../content/index.ts'
import type { NameRecord } from '../images/index.ts'
import { type Descriptor, digestOf, mediaTypes } from '../oci/index.ts'
import { problemsOfHeld, sameName } from './check-held.ts'
import { addImage, listOf, newStores } from './testdata/fixtures.ts'

/** Two images under a name that holds them whole, as an index has them. */
async function holding(t: TestContext) {
  const stores = await newStores(t)
  const images = [
    await addImage(stores, 'a', [stores.fake.add('a')]),
    await addImage(stores, 'b', [stores.fake.add('b')]),
  ]
  const manifests = images.map(({ id, manifest, layers }) => {
    const blobs = [id, ...layers.map(({ source }) => source!.digest)]
    return { digest: manifest!.digest, image: id, blobs }
  })
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: images.map(({ manifest }) => manifest) }
  const blob = await putBlob(stores.content, Buffer.from(JSON.stringify(index)))
  const target: Descriptor = { mediaType: mediaTypes.ociIndex, ...blob }
  const name = { image: images[0]!.id, target, held: { manifests, whole: true } } satisfies NameRecord
  return { stores, name, manifests, problems: (record: NameRecord) => listOf(problemsOfHeld(record, stores)) }
}

test('what is whole has no problems; nor has a name that holds nothing', async t => {
  const { name, problems } = await holding(t)
  assert.deepEqual(await problems(name), [])
  assert.deepEqual(await problems({ image: name.image, target: name.target }), [])
})

test('blobs and images that are missing, each by its name', async t => {
  const { stores, name, manifests, problems } = await holding(t)
  const [, second] = manifests
  await stores.content.delete(second!.blobs[1]!)
  stores.images.remove(second!.image)
  assert.deepEqual(await problems(name), [
    `holds the image ${second!.image}, which does not exist`,
    `holds content ${second!.blobs[1]}, which is missing`,
  ])
})

test('what is said to be whole holds all of its index', async t => {
  const { name, manifests, problems } = await holding(t)
  const [first, second] = manifests
  const part = (whole: boolean) => ({ ...name, held: { manifests: [first!], whole } })
  assert.deepEqual(await problems(part(false)), [])
  const missing = [...second!.blobs, second!.digest].map(digest => `should hold content ${digest}`)
  assert.deepEqual(await problems(part(true)), missing)
})

test('an index that is not there, is no index, or is none at all', async t => {
  const { stores, name, problems } = await holding(t)
  const { target: _, ...without } = name
  assert.deepEqual(await problems(without), ["holds an index that can't be read: it has no target"])
  const other = await putBlob(stores.content, Buffer.from('{}'))
  const [problem] = await problems({ ...name, target: { mediaType: mediaTypes.ociIndex, ...other } })
  assert.match(problem!, /^holds an index that can't be read: /)
  await stores.content.delete(name.target.digest)
  const gone = `content digest ${name.target.digest}: not found`
  assert.deepEqual(await problems(name), [`holds an index that can't be read: ${gone}`])
})

test('a name that holds other things is not the same', async t => {
  const { name } = await holding(t)
  assert.ok(sameName({ ...name }, name))
  assert.ok(!sameName({ ...name, held: { ...name.held, whole: false } }, name))
  assert.ok(!sameName({ ...name, image: digestOf('another') }, name))
  assert.ok(!sameName(undefined, name))
})
