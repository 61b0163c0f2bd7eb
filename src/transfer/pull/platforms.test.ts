import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NameRecord } from '../../images/index.ts'
import { type Descriptor, type Digest, parsePlatform } from '../../oci/index.ts'
import type { TestRegistry } from '../../remotes/testdata/registry.ts'
import {
  all,
  digestOf,
  gzip,
  image,
  newPuller,
  newRegistry,
  noise,
  OCI_INDEX,
  pulling,
  pushing,
  type Store,
  tarOf,
} from '../testdata/fixtures.ts'
import { pushIndex, pushNestedIndex } from '../testdata/push-index.ts'

const base = tarOf('base', noise(40_000, 1))

const tag = (registry: TestRegistry) => ({ domain: registry.host, path: 'multi', tag: 'latest' })
const nameOf = (store: Store, registry: TestRegistry) => store.images.name(tag(registry)) as NameRecord
const digests = (descriptors: readonly Descriptor[]) => descriptors.map(({ digest }) => digest)
const platforms = (...texts: string[]) => ({ platforms: texts.map(parsePlatform) })
const options = { platform: parsePlatform('linux/amd64') }

test('all platforms: images of this system, and all blobs of the others and of attestations', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const pushed = pushIndex(registry)
  const { amd64, arm64, windows, attestation, statement, config, index } = pushed
  const { result, events } = await pulling(store, registry, 'multi', { platforms: 'all' })
  assert.deepEqual(result, { image: amd64.config.digest, digest: index.digest, upToDate: false })
  assert.deepEqual(events.at(-1), { status: `Status: Downloaded newer image for ${registry.host}/multi:latest` })
  const name = nameOf(store, registry)
  const blobsOf = (each: typeof amd64) => digests([each.config, ...each.layers])
  assert.deepEqual(name, {
    image: amd64.config.digest,
    target: index,
    held: {
      manifests: [
        { digest: amd64.manifest.digest, image: amd64.config.digest, blobs: blobsOf(amd64) },
        { digest: arm64.manifest.digest, image: arm64.config.digest, blobs: blobsOf(arm64) },
        { digest: windows.manifest.digest, blobs: blobsOf(windows) },
        { digest: attestation.digest, blobs: digests([config, statement]) },
      ],
      whole: true,
    },
  })
  assert.deepEqual(store.images.name({ ...tag(registry), digest: index.digest }), name)
  for (const { digest, blobs } of name.held!.manifests) {
    for (const each of [digest, ...blobs]) assert.ok(await store.content.has(each), each)
  }
  for (const diffID of [...amd64.diffIDs, ...arm64.diffIDs]) assert.ok(await store.layers.has(diffID))
  assert.equal(await store.layers.has(windows.diffIDs[1]!), false)
  assert.equal(store.images.get(windows.config.digest), undefined)
  assert.deepEqual(store.images.summary(arm64.config.digest).heldBy.length, 2)
  for (const layer of [...amd64.layers, arm64.layers[1]!, windows.layers[1]!, statement]) {
    assert.equal(registry.requestsOf(layer.digest).length, 1, 'each blob is fetched once')
  }
  assert.deepEqual(store.leases.list(), [])
  assert.equal((await all(store.content.ingests())).length, 0)

  const again = await pulling(store, registry, 'multi', { platforms: 'all' })
  assert.equal(again.result.upToDate, true)
  const one = await pulling(store, registry, 'multi', { platform: parsePlatform('linux/arm64') })
  assert.equal(one.result.upToDate, true)
  assert.deepEqual(nameOf(store, registry), name)
})

test('what was pulled for one platform alone becomes part of the whole, with its compressed layers', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { amd64, arm64 } = pushIndex(registry)
  await pulling(store, registry, 'multi')
  assert.equal(nameOf(store, registry).held, undefined)
  assert.equal(await store.content.has(amd64.layers[0]!.digest), false)
  await pulling(store, registry, 'multi', { platforms: 'all' })
  assert.equal(nameOf(store, registry).held?.whole, true)
  for (const { digest } of amd64.layers) assert.ok(await store.content.has(digest))
  assert.equal(store.images.list().length, 2)
  assert.ok(store.images.get(arm64.config.digest))
})

test('some platforms, with the attestations of these; more come to them', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { amd64, arm64, attestation } = pushIndex(registry)
  const held = () => nameOf(store, registry).held!.manifests.map(({ digest }) => digest)
  const { result } = await pulling(store, registry, 'multi', platforms('linux/arm64'))
  assert.equal(result.image, arm64.config.digest)
  assert.deepEqual(held(), [arm64.manifest.digest])
  await pulling(store, registry, 'multi', { platform: parsePlatform('linux/amd64') })
  assert.deepEqual(held(), digests([amd64.manifest, arm64.manifest, attestation]))
  assert.equal(nameOf(store, registry).image, amd64.config.digest)
  assert.equal(nameOf(store, registry).held?.whole, false)
  await assert.rejects(pulling(store, registry, 'multi', platforms('linux/amd64', 'linux/s390x')), {
    message: 'no matching manifest for linux/s390x in the manifest list entries',
  })
})

test('a tag that moved: the pull brings what is asked for of the new index, and leaves the old images', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { amd64, arm64 } = pushIndex(registry)
  await pulling(store, registry, 'multi', { platforms: 'all' })
  const newer = image(registry, 'multi', [base], { extra: { author: 'newer' } })
  registry.manifest('multi', 'latest', OCI_INDEX, {
    ...{ schemaVersion: 2, mediaType: OCI_INDEX },
    manifests: [{ ...newer.manifest, platform: { os: 'linux', architecture: 'amd64' } }],
  })
  await pulling(store, registry, 'multi')
  assert.equal(nameOf(store, registry).image, newer.config.digest)
  assert.equal(nameOf(store, registry).held, undefined)
  for (const { config } of [amd64, arm64]) assert.ok(store.images.get(config.digest as Digest))
})

test('a blob that is not what it should be ends the pull; nothing is named', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { statement } = pushIndex(registry)
  registry.blobs.set(statement.digest, Buffer.from('{"statement":2}'))
  await assert.rejects(pulling(store, registry, 'multi', { platforms: 'all' }), {
    message: `filesystem layer verification failed for digest ${statement.digest}`,
  })
  assert.equal(store.images.name(tag(registry)), undefined)
  assert.deepEqual(store.images.list(), [])
})

test('a manifest instead of an index is the one image that there is', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { config } = image(registry, 'multi', [base], { compress: gzip })
  await pulling(store, registry, 'multi', { platforms: 'all' })
  assert.equal(nameOf(store, registry).image, config.digest)
  assert.equal(nameOf(store, registry).held, undefined)
})

test('indexes within an index: what they list is picked, held and pushed as if the outermost listed it', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, options)
  const { amd64, arm64, windows, attestation, index, middle, outer } = pushNestedIndex(registry)
  registry.manifests.set('multi:latest', registry.manifests.get(`multi@${outer.digest}`)!)
  const { result } = await pulling(store, registry, 'multi', { platform: parsePlatform('linux/arm64') })
  assert.deepEqual(result, { image: arm64.config.digest, digest: outer.digest, upToDate: false })
  const indexes = digests([index, middle])
  assert.deepEqual(nameOf(store, registry), { image: arm64.config.digest, target: outer, indexes })
  await assert.rejects(pulling(store, registry, 'multi', { platform: parsePlatform('linux/s390x') }), {
    message: 'no matching manifest for linux/s390x in the manifest list entries',
  })

  await pulling(store, registry, 'multi', { platforms: 'all' })
  const name = nameOf(store, registry)
  assert.deepEqual(name.indexes, indexes)
  assert.equal(name.image, amd64.config.digest)
  const manifests = digests([amd64.manifest, arm64.manifest, windows.manifest, attestation])
  assert.deepEqual(
    name.held?.manifests.map(({ digest }) => digest),
    manifests,
  )
  assert.equal(name.held?.whole, true)
  for (const each of [...indexes, outer.digest]) assert.ok(await store.content.has(each))

  const target = await newRegistry(t)
  const reference = { domain: target.host, path: 'multi', tag: 'latest' }
  const { image: meant, ...points } = name
  store.images.tag(reference, meant, points)
  await pushing(store, reference)
  for (const each of [...manifests, ...indexes]) {
    assert.ok(target.manifests.get(`multi:${each}`), each)
  }
  assert.equal(digestOf(target.manifests.get('multi:latest')!.bytes), outer.digest)
})
