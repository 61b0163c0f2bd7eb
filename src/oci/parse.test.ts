import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { digestOf, MANIFEST_LIMIT, mediaTypes, parseImageConfig, parseManifest } from './index.ts'

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('c'), size: 1 }
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('l'), size: 2 }
const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf('m'),
      size: 3,
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    },
  ],
}

test('a manifest and an index come back as they are', () => {
  assert.deepEqual(parseManifest(bytes(manifest), mediaTypes.ociManifest), { kind: 'manifest', manifest })
  assert.deepEqual(parseManifest(bytes(index), mediaTypes.ociIndex), { kind: 'index', index })
})

test('without a known media type the document decides', () => {
  const { mediaType: _, ...untyped } = manifest
  assert.equal(parseManifest(bytes(manifest), '').kind, 'manifest')
  assert.equal(parseManifest(bytes(untyped), 'application/json').kind, 'manifest')
  assert.equal(parseManifest(bytes({ schemaVersion: 2, manifests: [] }), '').kind, 'index')
})

test('urls, annotations and odd keys survive', () => {
  const foreign = { ...layer, mediaType: mediaTypes.dockerForeignLayerGzip, urls: ['https://x/y'] }
  const text = `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[${JSON.stringify(foreign)}],"annotations":{"__proto__":"x"}}`
  const parsed = parseManifest(Buffer.from(text), mediaTypes.ociManifest)
  assert.ok(parsed.kind === 'manifest')
  assert.deepEqual(parsed.manifest.layers[0]?.urls, ['https://x/y'])
  assert.deepEqual(Object.entries(parsed.manifest.annotations ?? {}), [['__proto__', 'x']])
})

const wrong: readonly (readonly [what: string, document: unknown, message: RegExp, mediaType?: string])[] = [
  ['no JSON', undefined, /not valid JSON/],
  ['a list', [], /not a JSON object/],
  ['null', null, /not a JSON object/],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, /schema 1 support has been removed\. More information at https/],
  ['signed schema 1', {}, /schema 1 support has been removed/, mediaTypes.dockerSchema1Signed],
  ['no schema version', { ...manifest, schemaVersion: undefined }, /manifest has no schema version/],
  ['a negative size', { ...manifest, config: { ...config, size: -1 } }, /manifest\.config\.size/],
  ['a broken size', { ...manifest, config: { ...config, size: 1.5 } }, /manifest\.config\.size/],
  ['an unsafe size', { ...manifest, config: { ...config, size: 2 ** 53 } }, /manifest\.config\.size/],
  ['a size as text', { ...manifest, config: { ...config, size: '1' } }, /manifest\.config\.size/],
  [
    'a digest that is a path',
    { ...manifest, config: { ...config, digest: '../../x' } },
    /invalid checksum digest format/,
  ],
  ['a short digest', { ...manifest, layers: [{ ...layer, digest: 'sha256:00' }] }, /invalid checksum digest length/],
  ['no config', { ...manifest, config: undefined }, /manifest\.config is not a JSON object/],
  ['layers of another type', { ...manifest, layers: {} }, /manifest\.layers is not a list/],
  ['both kinds', { ...manifest, ...index, mediaType: undefined }, /several kinds/, ''],
  [
    'another media type inside',
    manifest,
    /mediaType in manifest should be '.*index.*' not '.*manifest/,
    mediaTypes.ociIndex,
  ],
  ['an unknown type', { schemaVersion: 2, mediaType: 'text/x' }, /unsupported manifest media type: text\/x/, ''],
]
for (const [what, document, message, mediaType = mediaTypes.ociManifest] of wrong) {
  test(`refuses a manifest with ${what}`, () => {
    const input = document === undefined ? Buffer.from('{') : bytes(document)
    assert.throws(
      () => parseManifest(input, mediaType),
      error => isStrataError(error, 'invalid_argument') && message.test(error.message),
    )
  })
}

test('refuses a manifest that is too large, too deep, or not UTF-8', () => {
  const refuse = (input: Uint8Array) =>
    assert.throws(
      () => parseManifest(input, mediaTypes.ociManifest),
      error => isStrataError(error, 'invalid_argument'),
    )
  refuse(Buffer.alloc(MANIFEST_LIMIT + 1, ' '))
  refuse(Buffer.alloc(MANIFEST_LIMIT, '['))
  refuse(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
})

const imageConfig = {
  architecture: 'amd64',
  os: 'linux',
  created: '2024-01-01T00:00:00Z',
  config: { Env: ['PATH=/bin'], Cmd: ['sh'], Entrypoint: null, Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } },
  rootfs: { type: 'layers', diff_ids: [digestOf('d')] },
  history: [{ created_by: 'x' }, { created_by: 'y', empty_layer: true }],
}

test('a config: nulls and unknown fields are dropped, the rest stays', () => {
  const parsed = parseImageConfig(bytes({ ...imageConfig, author: null, Size: 'z' }))
  const { Entrypoint: _, ...defaults } = imageConfig.config
  assert.deepEqual(parsed, { ...imageConfig, config: defaults })
})

test('a config says what it lacks', () => {
  const refuse = (document: unknown, message: string) =>
    assert.throws(
      () => parseImageConfig(bytes(document)),
      error => isStrataError(error, 'invalid_argument') && error.message === message,
    )
  refuse({}, 'invalid image JSON, no RootFS key')
  refuse({ ...imageConfig, rootfs: { type: 'layers', diff_ids: null } }, 'too many non-empty layers in History section')
  refuse({ rootfs: { type: 'blobs' } }, 'image config.rootfs.type is "blobs", not "layers"')
  refuse({ ...imageConfig, config: { Env: 'A=1' } }, 'image config.config.Env is not a list')
  const unreadable = 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'
  refuse({ ...imageConfig, created: 'x' }, unreadable)
  refuse({ ...imageConfig, history: [{ created: 'x' }] }, unreadable)
})

test('a command may be one string, and so may what a container had', () => {
  const committed = { Cmd: 'sh', Tty: true, Unknown: 1 }
  const { config, container_config } = parseImageConfig(
    bytes({ ...imageConfig, config: { Cmd: 'a b', Entrypoint: 'e', Shell: 's' }, container_config: committed }),
  )
  assert.deepEqual(config, { Cmd: ['a b'], Entrypoint: ['e'], Shell: ['s'] })
  assert.deepEqual(container_config, { Cmd: ['sh'], Tty: true })
})

test('an image without layers, architecture or history', () => {
  const parsed = parseImageConfig(bytes({ rootfs: { type: 'layers', diff_ids: null } }))
  assert.deepEqual(parsed.rootfs.diff_ids, [])
  assert.equal(parsed.os, '')
  assert.equal(parsed.architecture, '')
})

/** Documents that are nearly right: one value anywhere in a good one is replaced. */
function mutated(seed: unknown): fc.Arbitrary<unknown> {
  const json = JSON.stringify(seed)
  const values = [...json.matchAll(/"(?:[^"\\])*"|\d+|\{\}|null/g)].map(match => match.index)
  return fc.tuple(fc.constantFrom(...values), fc.jsonValue({ maxDepth: 2 })).map(([at, value]) => {
    const end = at + (/^(?:"(?:[^"\\])*"|\d+|\{\}|null)/.exec(json.slice(at))?.[0].length ?? 0)
    return json.slice(0, at) + JSON.stringify(value) + json.slice(end)
  })
}

test('parsers of outside bytes throw nothing but StrataError', () => {
  const inputs = fc.oneof(
    fc.uint8Array(),
    fc.oneof(mutated(manifest), mutated(index), mutated(imageConfig)).map(text => Buffer.from(String(text))),
  )
  const types = fc.constantFrom('', mediaTypes.ociManifest, mediaTypes.ociIndex, mediaTypes.dockerList)
  let good = 0
  fc.assert(
    fc.property(inputs, types, (input, mediaType) => {
      for (const parse of [() => parseManifest(input, mediaType), () => parseImageConfig(input)]) {
        try {
          parse()
          good++
        } catch (error) {
          assert.ok(isStrataError(error, 'invalid_argument'), String(error))
        }
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(good > 0, 'some of the documents must be good, or this tests nothing')
})

test('what the schema of the image spec requires, the parser requires', () => {
  // Docker, and so this parser, takes a manifest without layers for one with none.
  for (const field of ['schemaVersion', 'config']) {
    assert.throws(
      () => parseManifest(bytes({ ...manifest, [field]: undefined }), mediaTypes.ociManifest),
      error => isStrataError(error, 'invalid_argument'),
      field,
    )
  }
})
