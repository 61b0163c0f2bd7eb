import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putBlob } from '../content/index.ts'
import { asDiffID, type DiffID, type Digest, digestOf } from '../oci/index.ts'
import { parseReference } from '../reference/index.ts'
import { checkStore, collectGarbage } from './index.ts'
import { addImage, contentsOf, type Fixture, listOf, newStores } from './testdata/fixtures.ts'

const hour = 3_600_000

test('nothing of an image goes; all of it goes with it, but what it shares', async t => {
  const stores = await newStores(t)
  const { fake, images, content } = stores
  const [base, a, b] = [fake.add('base'), fake.add('a'), fake.add('b')]
  const first = await addImage(stores, 'first', [base, a])
  const second = await addImage(stores, 'second', [base, b])
  const before = await listOf(content.walk())
  assert.deepEqual(await collectGarbage(stores), { content: [], layers: [], ingests: [], bytes: 0 })
  assert.equal((await listOf(content.walk())).length, before.length)

  const doomed = contentsOf(stores, first.id)
  images.remove(first.id)
  const swept = await collectGarbage(stores)
  assert.deepEqual(new Set(swept.layers), new Set([a]))
  const kept = contentsOf(stores, second.id)
  assert.deepEqual(new Set(swept.content), doomed.difference(kept))
  const gone = before.filter(blob => swept.content.includes(blob.digest)).reduce((sum, blob) => sum + blob.size, 0)
  assert.equal(swept.bytes, gone + 'a'.length)
  assert.deepEqual(new Set((await listOf(content.walk())).map(({ digest }) => digest)), kept)

  images.remove(second.id)
  await collectGarbage(stores)
  assert.deepEqual(await listOf(content.walk()), [])
  assert.equal(fake.layers.size, 0)
})

test('a dangling image keeps what it has; an untagged index goes', async t => {
  const stores = await newStores(t)
  const record = await addImage(stores, 'x', [stores.fake.add('l')])
  const index = stores.images.name(parseReference('x'))?.target
  assert.ok(index)
  for (const reference of ['x', `x@${index.digest}`]) stores.images.untag(parseReference(reference))
  const swept = await collectGarbage(stores)
  assert.deepEqual(swept.content, [index.digest])
  assert.deepEqual(await listOf(checkStore({ ...stores, signal: new AbortController().signal })), [])
  assert.ok(stores.images.get(record.id))
})

test('leases, writables, mounts and the extra sets keep things', async t => {
  const stores = await newStores(t)
  const { fake, leases, content } = stores
  const [leased, stood, mounted, extra, stray] = ['leased', 'stood', 'mounted', 'extra', 'stray'].map(text =>
    fake.add(text),
  )
  const leasedBlob = await putBlob(content, Buffer.from('leased'))
  const extraBlob = await putBlob(content, Buffer.from('extra'))
  leases.open('pull', hour)
  leases.addContent('pull', leasedBlob.digest)
  leases.addLayers('pull', leased!)
  fake.chains.set('container', [stood!])
  fake.mounted.add(mounted!)
  const first = await collectGarbage({ ...stores, extraContent: [extraBlob.digest], extraLayers: [extra!] })
  assert.deepEqual(first.layers, [stray])
  assert.deepEqual(first.content, [])
  leases.close('pull')
  fake.chains.clear()
  fake.mounted.clear()
  const second = await collectGarbage(stores)
  assert.deepEqual(new Set(second.layers), new Set([leased, stood, mounted, extra]))
  assert.equal(second.content.length, 2)
})

test('old ingests go, unless they are new, leased, or being written to', async t => {
  const stores = await newStores(t)
  const { content, leases } = stores
  const digest = digestOf('wanted')
  const begin = async (ref: string) => {
    const writer = await content.writer(ref)
    await writer.write(Buffer.from('part'))
    return writer
  }
  const refs = ['stray', `layer-${digest}`]
  for (const ref of refs) await (await begin(ref))[Symbol.asyncDispose]()
  await using _open = await begin('open')
  leases.open('pull', hour)
  leases.addContent('pull', digest)
  assert.deepEqual((await collectGarbage(stores)).ingests, [])
  const swept = await collectGarbage({ ...stores, grace: 0 })
  assert.deepEqual(swept.ingests, ['stray'])
  assert.equal(swept.bytes, 4)
  leases.close('pull')
  assert.deepEqual((await collectGarbage({ ...stores, grace: 0 })).ingests, [`layer-${digest}`])
  assert.deepEqual(
    (await listOf(content.ingests())).map(({ ref }) => ref),
    ['open'],
  )
})

test('what cannot be removed does not keep the rest', async t => {
  const stores = await newStores(t)
  const { fake } = stores
  const [bad, good] = [fake.add('bad'), fake.add('good')]
  fake.onRemove = async layer => {
    if (layer === bad) throw new Error('input/output error')
  }
  assert.deepEqual((await collectGarbage(stores)).layers, [good])
  assert.deepEqual([...fake.layers.keys()], [bad])
})

test('who wants a layer that is just being removed brings it afresh', async t => {
  const stores = await newStores(t)
  const { fake, leases } = stores
  const layer = fake.add('wanted')
  leases.open('pull', hour)
  let pulled: Promise<boolean> | undefined
  fake.onRemove = async () => {
    pulled = bring(stores, layer)
    await new Promise(setImmediate)
  }
  assert.deepEqual((await collectGarbage(stores)).layers, [layer])
  assert.equal(await pulled, true)
  assert.ok(fake.layers.has(layer))
})

/** As a pull does it, under the lease `pull`: true when the layer had to be brought. */
async function bring({ fake, leases }: Fixture, layer: DiffID, lease = 'pull'): Promise<boolean> {
  leases.addLayers(lease, layer)
  await leases.settled(layer)
  if (await fake.has(layer)) return false
  fake.layers.set(layer, 1)
  return true
}

test('an image recorded while a collection runs, its lease already closed, keeps its layers', async t => {
  const stores = await newStores(t)
  const { fake, leases, content } = stores
  const layer = fake.add('fresh')
  const walk = async function* () {
    leases.open('pull', hour)
    leases.addLayers('pull', layer)
    await leases.settled(layer)
    const record = await addImage(stores, 'fresh', [layer])
    for (const digest of contentsOf(stores, record.id)) leases.addContent('pull', digest)
    leases.close('pull')
    yield* content.walk()
  }
  const swept = await collectGarbage({ ...stores, content: { ...content, walk } })
  assert.deepEqual(swept, { content: [], layers: [], ingests: [], bytes: 0 })
  assert.deepEqual(await listOf(checkStore({ ...stores, signal: new AbortController().signal })), [])
})

test('several collections at once remove everything once', async t => {
  const stores = await newStores(t)
  for (let i = 0; i < 20; i++) {
    stores.fake.add(`layer ${i}`)
    await putBlob(stores.content, Buffer.from(`blob ${i}`))
  }
  const all = await Promise.all([1, 2, 3].map(() => collectGarbage(stores)))
  assert.equal(all.flatMap(({ layers }) => layers).length, 20)
  assert.equal(all.flatMap(({ content }) => content).length, 20)
})

test('pulls, removals and collections, all at once: what is there at the end is whole', {
  timeout: 60_000,
}, async t => {
  const stores = await newStores(t)
  const { fake, leases, images, content } = stores
  const layers = ['a', 'b', 'c', 'd'].map(text => asDiffID(digestOf(text)))
  fake.onRemove = () => new Promise(setImmediate)
  // The blobs that pulls bring are leased before they are put, as a puller does it.
  const leasing = (lease: string) => ({
    ...content,
    has: async (digest: Digest) => {
      leases.addContent(lease, digest)
      await leases.settled(digest)
      return await content.has(digest)
    },
  })
  let brought = 0
  let running = 3
  const pull = async (name: string, own: readonly DiffID[]) => {
    // On until some layer went in between, or this would test nothing.
    for (let round = 0; round < 15 || brought <= layers.length; round++) {
      if (round % 3 > 0) images.remove(images.resolve(name).record.id)
      leases.open(name, hour)
      for (const layer of own) if (await bring(stores, layer, name)) brought++
      await addImage({ ...stores, content: leasing(name) }, name, own)
      leases.close(name)
    }
    running--
  }
  const collect = async () => {
    while (running > 0) await collectGarbage(stores)
  }
  await Promise.all([
    pull('x', layers.slice(0, 3)),
    pull('y', layers.slice(1)),
    pull('z', layers.slice(0, 2)),
    collect(),
    collect(),
  ])
  await collectGarbage(stores)
  assert.equal(images.list().length, 3)
  assert.deepEqual(await listOf(checkStore({ ...stores, signal: new AbortController().signal })), [])
})
