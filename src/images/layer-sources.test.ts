import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMetadata } from '../metadata/index.ts'
import { asDiffID, digestOf, mediaTypes } from '../oci/index.ts'
import { createLayerSources } from './layer-sources.ts'

async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'strata-sources-'))
  const metadata = openMetadata(join(folder, 'metadata.db'))
  t.after(() => {
    metadata[Symbol.dispose]()
    return rm(folder, { recursive: true, force: true })
  })
  return createLayerSources(metadata)
}

const layer = asDiffID(digestOf('tar'))
const blob = (text: string) => ({
  mediaType: mediaTypes.ociLayerGzip,
  digest: digestOf(text),
  size: text.length,
})

test('what was seen last comes first, and repositories are gathered', async t => {
  const sources = await setUp(t)
  assert.deepEqual(sources.list(layer), [])
  sources.add([{ diffID: layer, descriptor: { ...blob('a'), annotations: { of: 'a manifest' } } }], 'one.example/x')
  sources.add([{ diffID: layer, descriptor: blob('b') }], 'one.example/y')
  sources.add([{ diffID: layer, descriptor: blob('a') }], 'two.example/x')
  sources.add([{ diffID: layer, descriptor: blob('a') }], 'two.example/x')
  assert.deepEqual(sources.list(layer), [
    { descriptor: blob('a'), repositories: ['two.example/x', 'one.example/x'] },
    { descriptor: blob('b'), repositories: ['one.example/y'] },
  ])
})

test('what is gone is dropped, and a source with its last repository', async t => {
  const sources = await setUp(t)
  sources.add([{ diffID: layer, descriptor: blob('a') }], 'one.example/x')
  sources.add([{ diffID: layer, descriptor: blob('b') }], 'one.example/x')
  sources.drop(layer, digestOf('a'), 'other.example/x')
  sources.drop(layer, digestOf('a'), 'one.example/x')
  assert.deepEqual(sources.list(layer), [{ descriptor: blob('b'), repositories: ['one.example/x'] }])
  sources.drop(layer, digestOf('b'), 'one.example/x')
  assert.deepEqual(sources.list(layer), [])
  sources.add([{ diffID: layer, descriptor: blob('b') }], 'one.example/x')
  sources.forget(layer)
  assert.deepEqual(sources.list(layer), [])
})

test('records do not grow without end', async t => {
  const sources = await setUp(t)
  for (let i = 0; i < 50; i++) sources.add([{ diffID: layer, descriptor: blob('a') }], `r${i}.example/x`)
  for (let i = 0; i < 50; i++) sources.add([{ diffID: layer, descriptor: blob(`b${i}`) }], 'one.example/x')
  const list = sources.list(layer)
  assert.equal(list.length, 4)
  assert.equal(list[0]!.descriptor.digest, digestOf('b49'))
  sources.add([{ diffID: layer, descriptor: blob('a') }], 'r.example/x')
  for (let i = 0; i < 50; i++) sources.add([{ diffID: layer, descriptor: blob('a') }], `r${i}.example/x`)
  assert.equal(sources.list(layer)[0]!.repositories.length, 8)
})
