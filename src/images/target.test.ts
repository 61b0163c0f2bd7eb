import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { putBlob } from '../content/index.ts'
import { type Descriptor, digestOf, mediaTypes } from '../oci/index.ts'
import { isStrataError } from '../std/index.ts'
import { manifestsOf, walkTarget } from './index.ts'
import { newStores } from './testdata/fixtures.ts'

const config = (seed: string) => ({ mediaType: mediaTypes.ociConfig, digest: digestOf(seed), size: seed.length })
const layer = (seed: string) => ({ mediaType: mediaTypes.ociLayerGzip, digest: digestOf(seed), size: seed.length })

/** An index of two platforms that share a layer, and of an attestation that is not here. */
async function stored(t: TestContext) {
  const { content } = await newStores(t)
  const put = async (mediaType: string, value: unknown): Promise<Descriptor> => ({
    mediaType,
    ...(await putBlob(content, Buffer.from(JSON.stringify({ schemaVersion: 2, ...(value as object) })))),
  })
  const amd64 = await put(mediaTypes.ociManifest, { config: config('amd64'), layers: [layer('base'), layer('a')] })
  const arm = await put(mediaTypes.ociManifest, { config: config('arm'), layers: [layer('base'), layer('b')] })
  const attestation: Descriptor = {
    ...{ mediaType: mediaTypes.ociManifest, digest: digestOf('attestation'), size: 11 },
    platform: { os: 'unknown', architecture: 'unknown' },
  }
  const manifests = [{ ...amd64, platform: { os: 'linux', architecture: 'amd64' } }, arm, attestation]
  const index = await put(mediaTypes.ociIndex, { manifests })
  return { content, put, amd64, arm, attestation, index }
}

async function walked(...args: Parameters<typeof walkTarget>): Promise<string[]> {
  const all: string[] = []
  for await (const { kind, descriptor } of walkTarget(...args)) all.push(`${kind} ${descriptor.digest}`)
  return all
}

test('the walk: children first, each once, without what is not here', async t => {
  const { content, amd64, arm, index } = await stored(t)
  assert.deepEqual(await walked(content, index), [
    ...[
      `config ${digestOf('amd64')}`,
      `layer ${digestOf('base')}`,
      `layer ${digestOf('a')}`,
      `manifest ${amd64.digest}`,
    ],
    ...[`config ${digestOf('arm')}`, `layer ${digestOf('b')}`, `manifest ${arm.digest}`],
    `index ${index.digest}`,
  ])
  assert.deepEqual((await walked(content, arm)).at(-1), `manifest ${arm.digest}`)
})

test('the manifests of an index in its order, with what the index says of them', async t => {
  const { content, attestation, arm, index } = await stored(t)
  const found = await manifestsOf(content, index)
  assert.deepEqual(
    found.map(({ descriptor, manifest }) => [descriptor.platform?.architecture, manifest?.layers.length]),
    [['amd64', 2], [undefined, 2], ['unknown', undefined]], // biome-ignore format: a table
  )
  assert.deepEqual(found[2]?.descriptor, attestation)
  assert.deepEqual(
    (await manifestsOf(content, arm)).map(({ descriptor }) => descriptor),
    [arm],
  )
})

test('what can not be read', async t => {
  const { content, put, attestation, index } = await stored(t)
  await assert.rejects(manifestsOf(content, attestation), error => isStrataError(error, 'not_found'))
  const mislisted = await put(mediaTypes.ociIndex, { manifests: [{ ...index, mediaType: 'application/json' }] })
  await assert.rejects(walked(content, mislisted), {
    message: `${index.digest} is an index, and listed as application/json`,
  })
})

test('indexes within an index: what they list comes in their place, and they themselves before what lists them', async t => {
  const { content, put, index } = await stored(t)
  const missing: Descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf('no index'), size: 8 }
  const middle = await put(mediaTypes.ociIndex, { manifests: [index, missing] })
  const outer = await put(mediaTypes.ociIndex, { manifests: [middle, index] })
  const flat = await walked(content, index)
  assert.deepEqual(await walked(content, outer), [...flat, `index ${middle.digest}`, `index ${outer.digest}`])
  const found = await manifestsOf(content, outer)
  assert.deepEqual(found, [...(await manifestsOf(content, index)), { descriptor: missing }])
})
