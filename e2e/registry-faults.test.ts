import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestRegistry } from '../src/remotes/testdata/registry.ts'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { startFaultyRegistry } from './fixtures/faulty-registry.ts'
import { isolated } from './fixtures/isolation.ts'
import { startOddRealm } from './fixtures/odd-realm.ts'
import { otherwise } from './scenarios/registry-faults.ts'
import { checkStore, ok } from './torture/inspection.ts'

/** Status of an answer with an error, 200 for one in the stream; and the text. Undefined: pulled. */
type Outcome = readonly [status: number, message: string | RegExp] | undefined

const ofLayer = [200, /^filesystem layer verification failed for digest sha256:[0-9a-f]{64}$/] as const
const ofConfig = [
  200,
  /^error pulling image configuration: image config verification failed for digest sha256:[0-9a-f]{64}$/,
] as const
const head = (name: string) => `Head "http://realm/v2/${name}/manifests/latest": `

/** What comes of those that the transcript leaves out. */
const faulty: Readonly<Record<string, Outcome>> = {
  'busy-wordless': [429, 'toomanyrequests: too many requests'],
  gone: [500, 'unknown: unknown error'],
  'empty-404': [500, 'unknown: unknown error'],
  'unauthorized-bare': [401, 'unauthorized: authentication required'],
  'unauthorized-words': [401, 'unauthorized'],
  'no-errors': [429, 'toomanyrequests: too many requests'],
  'no-errors-list': [429, 'toomanyrequests: too many requests'],
  'no-code': [429, 'toomanyrequests: words'],
  'strange-code': [500, 'strange: words'],
  empty: [400, 'manifest is not valid JSON'],
  html: [400, 'manifest is not valid JSON'],
  'blob-denied': [200, 'error pulling image configuration: download failed after attempts=1: denied'],
  'config-larger': ofConfig,
  'config-smaller': ofConfig,
  'config-huge': [200, 'image config is larger than 8388608 bytes'],
  'config-negative': [400, 'manifest.config.size is not a valid size'],
  'config-other': [200, 'image config is not valid JSON'],
  'layer-larger': ofLayer,
  'layer-smaller': ofLayer,
  'layer-huge': ofLayer,
  'layer-negative': [400, 'manifest.layers[0].size is not a valid size'],
}
const realm: Readonly<Record<string, Outcome>> = {
  refused: [401, 'unauthorized'],
  'denied-details': [401, `${head('denied-details')}unauthorized: incorrect username or password`],
  huge: undefined,
  text: undefined,
  'no-date': undefined,
  list: [
    500,
    `${head('list')}unable to decode token response: json: cannot unmarshal array into Go value of type auth.getTokenResponse`,
  ],
  html: [500, /unable to decode token response: invalid character '<' looking for beginning of value$/],
  gone: [500, `${head('gone')}unknown: not here`],
  circle: [500, /Get "\/token": stopped after 5 redirects$/],
}

if (await isolated(import.meta.filename)) {
  let registries: { readonly faulty: TestRegistry; readonly realm: TestRegistry }
  let engine: Engine
  before(async () => {
    registries = { faulty: await startFaultyRegistry(), realm: await startOddRealm() }
    engine = await startEngine()
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    for (const each of Object.values(registries)) await each.stop()
  })

  const pull = async (host: string, name: string) => {
    const { status, body } = await call(engine, 'POST', `/images/create?fromImage=${host}/${name}&tag=latest`)
    const last = JSON.parse(body.toString().trimEnd().split('\n').at(-1)!) as { message?: string; error?: string }
    return { status, message: last.message ?? last.error }
  }
  for (const [kind, outcomes] of Object.entries({ faulty, realm })) {
    for (const [name, expected] of Object.entries(outcomes)) {
      test(`${kind}/${name}: ${expected ? 'refused' : 'pulled'}, after few requests`, async () => {
        assert.ok(otherwise.has(name), 'the transcript has it')
        const registry = registries[kind as keyof typeof registries]
        registry.requests.length = 0
        const { status, message } = await pull(registry.host, name)
        const text = message?.replaceAll(registry.host, kind)
        assert.ok(registry.requests.length <= 8, `${registry.requests.length} requests`)
        const [wanted, words] = expected ?? [200, undefined]
        if (words instanceof RegExp) assert.match(text ?? '', words)
        else assert.equal(text, words)
        assert.equal(status, wanted)
        if (!expected) await ok(engine, 'rmi', `${registry.host}/${name}`)
      })
    }
  }

  test('no image is made, and nothing wrong is stored', async () => {
    assert.equal(await ok(engine, 'images', '-aq'), '')
    await checkStore(engine)
    await engine.stop()
    assert.deepEqual(await engine.leaks(), [])
  })
}
