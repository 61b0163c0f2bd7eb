import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TestRegistry } from '../src/remotes/testdata/registry.ts'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { startFaultyUploads } from './fixtures/faulty-uploads.ts'
import { archiveOf, dockerArchive, writeArchive } from './fixtures/image-archive.ts'
import { isolated } from './fixtures/isolation.ts'
import { ok } from './torture/inspection.ts'

const status = (text: string) => `received unexpected HTTP status: ${text}`
const layerFaults: Readonly<Record<string, string | RegExp>> = {
  '401': 'unauthorized',
  '403': 'denied',
  '403-json': 'denied: quota exceeded',
  '403-broken': 'denied: {"errors":[{"code":"DEN',
  '405': 'unsupported',
  '413': 'unknown: <html>too large</html>',
  '413-words': 'size invalid: too large',
  '500': status('500 Internal Server Error'),
  '507': status('507 Insufficient Storage'),
  digest: 'digest invalid',
}

/** What comes of those that the transcript leaves out; in the words of dockerd, but for JSON that is not of the specification and lost connections. */
const outcomes: Readonly<Record<string, string | RegExp>> = {
  ...Object.fromEntries(
    ['begin', 'send', 'end'].flatMap(stage =>
      Object.entries(layerFaults).map(([fault, text]) => [`${stage}-${fault}`, text]),
    ),
  ),
  'begin-cut': /^Post "http:[^"]+": EOF$/,
  'begin-200': status('200 OK'),
  'begin-nowhere': 'the registry does not say where the upload goes on',
  'send-404': 'blob upload unknown',
  'send-cut': /^Patch "http:[^"]+": EOF$/,
  'end-404-lost': 'blob upload unknown',
  'end-cut': /^Put "http:[^"]+": EOF$/,
  'set-tag': 'tag invalid',
}

if (await isolated(import.meta.filename)) {
  let root: string
  let registry: TestRegistry
  let engine: Engine
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'strata-push-faults-'))
    await writeFile(join(root, 'config.json'), JSON.stringify({ 'max-upload-attempts': 1 }))
    const layers = [archiveOf([{ name: 'file', data: 'content' }])]
    await writeArchive(join(root, 'app.tar'), dockerArchive({ layers, tags: ['app:1'] }))
    registry = await startFaultyUploads()
    engine = await startEngine({ flags: ['--config-file', join(root, 'config.json')] })
    await ok(engine, 'load', '--input', join(root, 'app.tar'))
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    await registry.stop()
    await rm(root, { recursive: true, force: true })
  })

  const push = async (name: string) => {
    const repository = `${registry.host}/${name}`
    await call(engine, 'POST', `/images/app:1/tag?repo=${repository}&tag=1`)
    const headers = { 'X-Registry-Auth': Buffer.from('{}').toString('base64url') }
    const { body } = await call(engine, 'POST', `/images/${repository}/push?tag=1`, { headers })
    return JSON.parse(body.toString().trimEnd().split('\n').at(-1)!) as {
      readonly error?: string
      readonly aux?: unknown
    }
  }
  for (const [name, expected] of Object.entries(outcomes)) {
    test(`${name} is told, and nothing is left under way`, async () => {
      const { error = '' } = await push(name)
      if (expected instanceof RegExp) assert.match(error, expected)
      else assert.equal(error, expected)
      assert.equal(registry.uploads.open, 0)
    })
  }

  test('what came before the failure is not sent again', async () => {
    assert.equal((await push('set-403')).error, 'denied')
    const { received } = registry.uploads
    assert.equal((await push('set-403')).error, 'denied')
    assert.equal(registry.uploads.received, received)
  })
}
