import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { putBlob } from '../content/index.ts'
import { asDiffID, digestOf, hexOf } from '../oci/index.ts'
import { parseReference } from '../reference/index.ts'
import { isStrataError } from '../std/index.ts'
import { checkStore } from './index.ts'
import { addImage, type Fixture, listOf, newStores } from './testdata/fixtures.ts'

const signal = new AbortController().signal

async function soundStore(t: Parameters<typeof newStores>[0]) {
  const stores = await newStores(t)
  const layer = stores.fake.add('layer')
  const record = await addImage(stores, 'x', [stores.fake.add('base'), layer])
  stores.fake.chains.set('container', [layer])
  return { stores, record, layer }
}

/** Severity, kind and text of all that is found. */
async function found(stores: Fixture): Promise<string[]> {
  const findings = await listOf(checkStore({ ...stores, signal }))
  for (const finding of findings) assert.ok(finding.remedy.length > 10)
  return findings.map(({ severity, kind, what }) => `${severity} ${kind}: ${what}`)
}

test('a sound store: everything is looked at, nothing is found', async t => {
  const { stores } = await soundStore(t)
  const kinds: string[] = []
  assert.deepEqual(await listOf(checkStore({ ...stores, signal, checked: kind => kinds.push(kind) })), [])
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(kinds, kind => kind)).map(([k, all]) => [k, all?.length]),
  )
  assert.deepEqual(counts, { metadata: 1, blob: 5, layer: 2, image: 1, name: 2, writable: 1 })
})

test('damaged bytes', async t => {
  const { stores, record, layer } = await soundStore(t)
  await writeFile(join(stores.root, 'content', 'blobs', 'sha256', hexOf(record.id)), '{}')
  stores.fake.damaged.add(layer)
  assert.deepEqual(await found(stores), [
    `error blob: content ${hexOf(record.id)} is damaged: its digest is ${digestOf('{}')}`,
    `error layer: layer ${layer} is damaged`,
    `error image: image ${record.id}: its config can't be read: invalid image JSON, no RootFS key`,
  ])
})

test('a layer that is removed while it is read is no finding', async t => {
  const stores = await newStores(t)
  const layer = stores.fake.add('leaving')
  stores.fake.onVerify = async () => {
    stores.fake.layers.delete(layer)
    throw new Error('layer.tar is gone')
  }
  assert.deepEqual(await found(stores), [])
})

test('missing parts of an image, and what stands on them', async t => {
  const { stores, record, layer } = await soundStore(t)
  stores.fake.layers.delete(layer)
  const index = stores.images.name(parseReference('x'))?.target
  assert.ok(record.manifest && index)
  for (const digest of [record.id, record.manifest.digest, index.digest]) await stores.content.delete(digest)
  const missing = (digest: string) => `content digest ${digest}: not found`
  assert.deepEqual(await found(stores), [
    `error image: image ${record.id}: its config can't be read: ${missing(record.id)}`,
    `error image: image ${record.id}: its manifest can't be read: ${missing(record.manifest.digest)}`,
    `error image: image ${record.id}: its layer ${layer} is missing`,
    `warning name: docker.io/library/x:latest points to content ${index.digest}, which is missing`,
    `warning name: docker.io/library/x@${index.digest} points to content ${index.digest}, which is missing`,
    `error writable: the file system of container stands on layer ${layer}, which is missing`,
  ])
})

test('a record that differs from its config and its manifest', async t => {
  const { stores, record } = await soundStore(t)
  const other = asDiffID(digestOf('base'))
  const lie = { ...record, layers: [record.layers[1]!, { diffID: other, size: 1, source: record.layers[0]!.source! }] }
  stores.images.put(lie, [])
  assert.deepEqual(await found(stores), [
    `error image: image ${record.id}: the layers of its config are not those of its record`,
    `error image: image ${record.id}: layer 0 of its manifest is not ${record.layers[1]?.source?.digest}`,
    `error image: image ${record.id}: layer 1 of its manifest is not ${record.layers[0]?.source?.digest}`,
  ])
})

test('a name without its image', async t => {
  const { stores } = await soundStore(t)
  const names = stores.metadata.table<object>('image-names')
  names.put('docker.io/library/lost:latest', { image: digestOf('lost') })
  assert.deepEqual(await found(stores), [
    `error name: docker.io/library/lost:latest names the image ${digestOf('lost')}, which does not exist`,
  ])
})

test('leftovers, unless they are leased', async t => {
  const { stores } = await soundStore(t)
  const { digest } = await putBlob(stores.content, Buffer.from('left'))
  const layer = stores.fake.add('left over')
  assert.deepEqual(await found(stores), [
    `warning blob: nothing needs content ${digest}`,
    `warning layer: nothing needs layer ${layer}`,
  ])
  stores.leases.open('pull', 3_600_000)
  stores.leases.addContent('pull', digest)
  stores.leases.addLayers('pull', layer)
  assert.deepEqual(await found(stores), [])
})

test('an abort ends it', async t => {
  const { stores } = await soundStore(t)
  const controller = new AbortController()
  const check = listOf(checkStore({ ...stores, signal: controller.signal, checked: () => controller.abort() }))
  await assert.rejects(check, error => isStrataError(error, 'canceled'))
})
