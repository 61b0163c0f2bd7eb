import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, mediaTypes } from '../oci/index.ts'
import { parseReference } from '../reference/index.ts'
import { isStrataError } from '../std/index.ts'
import { createImageStore } from './index.ts'
import { imageRecord, newStores } from './testdata/fixtures.ts'

const target = { mediaType: mediaTypes.ociManifest, digest: digestOf('manifest'), size: 8 }
const [first, second] = [imageRecord('first'), imageRecord('second', { parent: imageRecord('first').id })]
const tag = parseReference('app:1')
const digest = parseReference(`app@${target.digest}`)
const name = 'docker.io/library/app:1'

async function storesWithUndo(t: Parameters<typeof newStores>[0]) {
  const stores = await newStores(t)
  return { ...stores, images: createImageStore({ ...stores, undo: true }) }
}

test('a name that moved goes back and forth', async t => {
  const { images } = await storesWithUndo(t)
  images.put(first, [{ reference: tag, target }])
  images.put(second, [{ reference: tag }])
  assert.deepEqual(
    images.removed().map(({ name, image, why }) => [name, image.id, why]),
    [[name, first.id, 'moved']],
  )
  assert.deepEqual(images.restore('app:1').names, [name])
  assert.deepEqual(images.name(tag), { image: first.id, target })
  images.restore('app:1')
  assert.deepEqual(images.name(tag), { image: second.id })
})

test('a removed image comes back with its parents, names and digests', async t => {
  const { images } = await storesWithUndo(t)
  images.put(first, [])
  images.put(second, [
    { reference: tag, target },
    { reference: digest, target },
  ])
  images.remove(second.id)
  images.remove(first.id)
  assert.deepEqual([images.list(), images.children(first.id)], [[], []])
  assert.equal(Array.from(images.removedImages()).length, 2)
  const { image, names, left } = images.restore(second.id.slice(7, 19))
  assert.deepEqual([image.id, names, left], [second.id, [name], []])
  assert.deepEqual(images.summary(second.id).digests, [`docker.io/library/app@${target.digest}`])
  assert.deepEqual(images.children(first.id), [second.id])
  assert.deepEqual(images.removed(), [])
})

test('by its ID an image leaves names alone that lead elsewhere', async t => {
  const { images } = await storesWithUndo(t)
  const third = imageRecord('third')
  images.put(first, [{ reference: tag }])
  images.remove(first.id)
  images.put(third, [{ reference: tag }])
  assert.deepEqual(images.restore(first.id).left, [name])
  assert.equal(images.name(tag)?.image, third.id)
})

test('what is forgotten, and what comes again, can not be restored', async t => {
  const { images } = await storesWithUndo(t)
  const refuse = (text: string) =>
    assert.throws(
      () => images.restore(text),
      error => isStrataError(error, 'not_found'),
    )
  images.put(first, [{ reference: tag }])
  images.remove(first.id)
  images.forgetRemoved(({ record }) => record.id === first.id)
  assert.deepEqual([images.removed(), images.removedPoints()], [[], []])
  refuse('app:1')
  refuse(first.id)
  refuse('sha256:')
  images.put(first, [{ reference: tag }])
  images.remove(first.id)
  images.put(first, [{ reference: tag }])
  assert.deepEqual(images.removed(), [])
  images.untag(tag)
  images.forgetNames(Date.now() + 1000)
  refuse('app:1')
})

test('without undo nothing is kept', async t => {
  const { images } = await newStores(t)
  images.put(first, [{ reference: tag }])
  images.put(imageRecord('third'), [{ reference: tag }])
  images.remove(first.id)
  assert.deepEqual([images.removed(), Array.from(images.removedImages())], [[], []])
})

test('uses are told apart by the minute, and go with the image', async t => {
  const { images } = await newStores(t)
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 })
  images.put(first, [])
  assert.equal(images.usedAt(first.id), 1_000_000_000_000)
  t.mock.timers.setTime(1_000_000_030_000)
  images.use(first.id)
  assert.equal(images.usedAt(first.id), 1_000_000_000_000)
  t.mock.timers.setTime(1_000_000_090_000)
  images.use(first.id)
  assert.equal(images.usedAt(first.id), 1_000_000_090_000)
  images.remove(first.id)
  assert.equal(images.usedAt(first.id), undefined)
})

/** A name that holds two images of one index. */
function holding(means: typeof first, other: typeof first) {
  const manifests = [means, other].map(({ id }) => ({ digest: digestOf(`manifest ${id}`), image: id, blobs: [id] }))
  return { target, held: { manifests, whole: true } }
}

test('a name comes back with the images of other platforms that it held, as far as they can', async t => {
  const { images } = await storesWithUndo(t)
  const other = imageRecord('other')
  const points = holding(first, other)
  const put = () => images.put(first, [{ reference: tag, ...points }], { others: [other] })
  put()
  images.remove(first.id)
  images.remove(other.id)
  assert.deepEqual(images.list(), [])
  assert.deepEqual(images.restore('app:1').names, [name])
  assert.deepEqual(images.name(tag), { image: first.id, ...points })
  assert.deepEqual(images.summary(other.id).heldBy, [name])
  assert.deepEqual(images.summary(first.id).holding, [name])

  images.remove(first.id)
  images.remove(other.id)
  images.forgetRemoved(({ record }) => record.id === other.id)
  images.restore('app:1')
  const { manifests } = points.held
  assert.deepEqual(images.name(tag), { image: first.id, target, held: { manifests: [manifests[0]], whole: false } })
})

test('a name that lost a platform gets it back; one that got more has lost nothing', async t => {
  const { images } = await storesWithUndo(t)
  const other = imageRecord('other')
  const points = holding(first, other)
  images.put(first, [{ reference: tag, target, held: { manifests: [points.held.manifests[0]!], whole: false } }])
  images.put(first, [{ reference: tag, ...points }], { others: [other] })
  assert.deepEqual(images.removed(), [])
  images.remove(other.id)
  assert.equal(images.name(tag)?.held?.whole, false)
  assert.deepEqual(
    images.removed().map(removed => [removed.name, removed.why]),
    [
      [name, 'moved'],
      [undefined, 'removed'],
    ],
  )
  assert.deepEqual(images.restore('app:1').names, [name])
  assert.deepEqual(images.name(tag), { image: first.id, ...points })
  assert.deepEqual(images.removed(), [])
})
