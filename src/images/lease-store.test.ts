import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asDiffID, digestOf } from '../oci/index.ts'
import { isStrataError } from '../std/index.ts'
import { createLeaseStore, openPassingLease } from './index.ts'
import { newStores } from './testdata/fixtures.ts'

const blob = digestOf('blob')
const layer = asDiffID(digestOf('layer'))
const hour = 3_600_000

test('a lease survives the engine, and ends when it is closed', async t => {
  const { metadata, leases } = await newStores(t)
  leases.open('pull', hour)
  leases.addContent('pull', blob)
  leases.addContent('pull', blob)
  leases.addLayers('pull', layer)
  const [lease] = leases.list()
  assert.deepEqual(lease, { id: 'pull', expiresAt: lease?.expiresAt, content: [blob], layers: [layer] })
  const again = createLeaseStore(metadata)
  assert.deepEqual(again.list(), [lease])
  again.open('pull', 2 * hour)
  assert.deepEqual(again.list()[0]?.content, [blob])
  assert.ok((again.list()[0]?.expiresAt ?? '') > (lease?.expiresAt ?? ''))
  again.close('pull')
  again.close('pull')
  assert.deepEqual(again.list(), [])
  assert.deepEqual(createLeaseStore(metadata).list(), [])
  assert.throws(
    () => again.addLayers('pull', layer),
    error => isStrataError(error, 'not_found'),
  )
})

test('an expired lease is dropped', async t => {
  const { metadata, leases } = await newStores(t)
  leases.open('past', 0)
  leases.open('future', hour)
  assert.deepEqual(
    leases.list().map(({ id }) => id),
    ['future'],
  )
  assert.deepEqual(
    createLeaseStore(metadata)
      .list()
      .map(({ id }) => id),
    ['future'],
  )
})

test('a collection spares what is, was, or gets leased while it runs', async t => {
  const { leases } = await newStores(t)
  const removed: string[] = []
  leases.open('a', hour)
  leases.addContent('a', blob)
  {
    using collection = leases.collect()
    leases.close('a')
    assert.equal(collection.isLeased(blob), true)
    assert.equal(await collection.remove(blob, async () => void removed.push('blob')), false)
    leases.open('b', hour)
    leases.addLayers('b', layer)
    leases.close('b')
    assert.equal(await collection.remove(layer, async () => void removed.push('layer')), false)
  }
  assert.equal(removed.length, 0)
  using next = leases.collect()
  assert.equal(await next.remove(blob, async () => void removed.push('blob')), true)
  assert.deepEqual(removed, ['blob'])
})

test('who leases something that is being removed waits for the end of it', async t => {
  const { leases } = await newStores(t)
  using collection = leases.collect()
  const gate = Promise.withResolvers<void>()
  const order: string[] = []
  const removal = collection.remove(blob, async () => {
    await gate.promise
    order.push('removed')
  })
  leases.open('pull', hour)
  leases.addContent('pull', blob)
  const settled = leases.settled(blob).then(() => order.push('settled'))
  await leases.settled(layer)
  assert.deepEqual(order, [])
  gate.resolve()
  assert.equal(await removal, true)
  await settled
  assert.deepEqual(order, ['removed', 'settled'])
})

test('a removal that fails is over too', async t => {
  const { leases } = await newStores(t)
  using collection = leases.collect()
  await assert.rejects(
    collection.remove(blob, () => Promise.reject(new Error('disk'))),
    /disk/,
  )
  await leases.settled(blob)
})

test('a passing lease holds until it is disposed of, and does not survive the engine', async t => {
  const { metadata, leases } = await newStores(t)
  const lease = openPassingLease(leases, 'save')
  await lease.addContent(blob)
  await lease.addLayers(layer)
  const [listed] = leases.list()
  assert.deepEqual([listed?.content, listed?.layers], [[blob], [layer]])
  assert.deepEqual(createLeaseStore(metadata).list(), [])
  lease[Symbol.dispose]()
  assert.deepEqual(leases.list(), [])
})
