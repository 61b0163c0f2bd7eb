import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStrataError, type StrataError } from '../std/index.ts'
import { connectionTo } from './address.ts'
import { diffImages, imageLayers } from './images.ts'
import { checkSystem } from './system.ts'
import { fakeEngine } from './testdata/fake-engine.ts'

const code = (expected: StrataError['code'], text: RegExp) => (error: unknown) => {
  assert.ok(isStrataError(error, expected), String(error))
  assert.match(error.message, text)
  return true
}

test('hosts are written as in DOCKER_HOST', () => {
  assert.deepEqual(connectionTo('unix:///run/x.sock').address, { socketPath: '/run/x.sock' })
  assert.deepEqual(connectionTo('tcp://127.0.0.1:99').address, { host: '127.0.0.1', port: 99 })
  assert.deepEqual(connectionTo('tcp://[::1]/').address, { host: '::1', port: 2375 })
  assert.deepEqual(connectionTo('http://h:80').address, { host: 'h', port: 80 })
  for (const bad of ['', 'x', '/run/x', 'unix://', 'https://h', 'ssh://h', 'tcp://', 'tcp://h/path', 'tcp://h:x']) {
    assert.throws(() => connectionTo(bad), code('invalid_argument', /^unable to parse docker host/), bad)
  }
})

test('names and questions arrive as they were meant', async t => {
  const seen: string[] = []
  const engine = await fakeEngine(t, (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  await imageLayers(engine, 'host:5000/a b/c?d', { paths: 3 })
  await imageLayers(engine, 'x', { platform: { os: 'linux', architecture: 'arm64' } })
  await Array.fromAsync(diffImages(engine, { from: { name: 'a&b' }, to: { name: 'c=d' } }))
  await Array.fromAsync(checkSystem(engine))
  assert.deepEqual(seen, [
    'GET /strata/images/host%3A5000/a%20b/c%3Fd/layers?paths=3',
    'GET /strata/images/x/layers?platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%7D',
    'GET /strata/images/diff?from=a%26b&to=c%3Dd',
    'POST /strata/system/check',
  ])
})

test('what the engine says is wrong is thrown with its text and code', async t => {
  const answers: [number, string][] = [
    [404, '{"message":"No such image: x"}'],
    [400, '{"message":"invalid reference format"}'],
    [409, '{"message":"busy"}'],
    [500, 'no JSON'],
    [200, 'no JSON'],
  ]
  const engine = await fakeEngine(t, (_, response) => {
    const [status, body] = answers.shift()!
    response.writeHead(status).end(body)
  })
  await assert.rejects(imageLayers(engine, 'x'), code('not_found', /^No such image: x$/))
  await assert.rejects(imageLayers(engine, 'x'), code('invalid_argument', /^invalid reference format$/))
  await assert.rejects(imageLayers(engine, 'x'), code('conflict', /^busy$/))
  await assert.rejects(imageLayers(engine, 'x'), code('internal', /answered 500$/))
  await assert.rejects(imageLayers(engine, 'x'), code('unavailable', /is no engine$/))
  await assert.rejects(imageLayers(engine, ''), code('invalid_argument', /^image name cannot be blank$/))
})

test('lines come as they are sent; an error among them is thrown after those before it', async t => {
  const engine = await fakeEngine(t, (_, response) => {
    response.write('{"status":"checked"}\n{"status"')
    response.end(':"checked"}\n{"errorDetail":{"message":"it broke"},"error":"it broke"}\n')
  })
  const seen: unknown[] = []
  await assert.rejects(
    async () => {
      for await (const message of checkSystem(engine)) seen.push(message)
    },
    code('internal', /^it broke$/),
  )
  assert.equal(seen.length, 2)
})

test('an engine that goes, or is not there, is unavailable', async t => {
  const engine = await fakeEngine(t, (_, response) => {
    response.write('{"status":"checked"}\n')
    setImmediate(() => response.destroy())
  })
  await assert.rejects(Array.fromAsync(checkSystem(engine)), code('unavailable', /broke its answer off$/))
  const nobody = connectionTo('unix:///nowhere/at/all')
  await assert.rejects(imageLayers(nobody, 'x'), code('unavailable', /^cannot connect .*: is it running\?$/))
})

test('an abort ends a question, before and in the middle of its answer', async t => {
  const arrived = Promise.withResolvers<void>()
  const engine = await fakeEngine(t, (request, response) => {
    if (request.url === '/strata/system/check') response.write('{"status":"checked"}\n')
    else arrived.resolve()
  })
  const waiting = new AbortController()
  const asked = imageLayers(engine, 'x', { signal: waiting.signal })
  await arrived.promise
  waiting.abort(new Error('enough'))
  await assert.rejects(asked, code('canceled', /./))
  const streaming = new AbortController()
  await assert.rejects(
    async () => {
      for await (const _ of checkSystem(engine, { signal: streaming.signal })) streaming.abort(new Error('enough'))
    },
    code('canceled', /./),
  )
})
