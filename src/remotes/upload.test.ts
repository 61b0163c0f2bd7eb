import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createResolver } from './resolver.ts'
import { sendError, sendJson, TestRegistry } from './testdata/registry.ts'

const { signal } = new AbortController()

/** An upload to a registry that answers a stream by `answer` before it has read any of it. */
async function setUp(t: TestContext, answer: (response: ServerResponse) => void) {
  const registry = await new TestRegistry().start()
  const resolver = createResolver({ userAgent: 'strata/test', retryPause: 1, idleTimeout: 5_000 })
  t.after(async () => {
    await resolver[Symbol.asyncDispose]()
    await registry.stop()
  })
  const sockets = new Set<Socket>()
  registry.intercept = (request, response, path) => {
    if (path.startsWith('/token')) sendJson(response, 200, { token: 'good' })
    else if (request.method !== 'PATCH') {
      assert.ok(!sockets.has(request.socket), 'the rest of a body is taken for a request')
      return false
    } else {
      sockets.add(request.socket)
      answer(response)
    }
    return true
  }
  const pusher = resolver.pusher({ domain: registry.host, path: 'app' }, { signal })
  await pusher.ping()
  return { registry, upload: await pusher.begin() }
}

/** Ends when nobody reads on only. */
function* endless(closed: () => void): Generator<Uint8Array> {
  try {
    for (;;) yield new Uint8Array(64 * 1024)
  } finally {
    closed()
  }
}

const early: Readonly<Record<string, readonly [answer: (response: ServerResponse) => void, error: object]>> = {
  'that takes it': [
    response => response.writeHead(202, { location: response.req.url }).end(),
    { code: 'unavailable', message: 'the registry answered before it had all of an upload' },
  ],
  'that it is too large': [response => response.writeHead(413).end('too large'), { message: 'unknown: too large' }],
  'that it is too large, and the connection is closed': [
    response => response.writeHead(413, { connection: 'close' }).end('too large', () => response.socket?.destroySoon()),
    { message: 'unknown: too large' },
  ],
  'that a token is wanted': [
    response => {
      response.setHeader('www-authenticate', 'Bearer realm="/token"')
      sendError(response, 401, 'UNAUTHORIZED', 'log in first')
    },
    { code: 'unauthorized', message: 'unauthorized: log in first' },
  ],
}

for (const [what, [answer, error]] of Object.entries(early)) {
  test(`an answer ${what}, before the stream was read, ends it`, async t => {
    const { registry, upload } = await setUp(t, answer)
    const closed = Promise.withResolvers<void>()
    await assert.rejects(upload.send(asynchronous(endless(closed.resolve))), error)
    await closed.promise
    assert.equal(upload.offset, 0)
    await upload.recover()
    await upload.cancel()
    assert.equal(registry.uploads.open, 0)
  })
}

async function* asynchronous(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks
}
