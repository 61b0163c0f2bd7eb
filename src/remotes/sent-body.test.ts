import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { request } from 'undici'
import { sentBody } from './sent-body.ts'

const SIZE = 300_000

async function listening(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('bodies arrive whole, several at once, and what was sent is given back', async () => {
  await using server = await listening(async (message, response) => {
    const hash = createHash('sha256')
    for await (const chunk of message as AsyncIterable<Buffer>) hash.update(chunk)
    response.end(hash.digest('hex'))
  })
  await Promise.all(
    [1, 2, 3].map(async () => {
      const chunks = Array.from({ length: 30 }, (_, i) => new Uint8Array(randomBytes(i % 5 === 0 ? 100 : SIZE)))
      const hash = createHash('sha256')
      for (const chunk of chunks) hash.update(chunk)
      async function* bytes() {
        yield* chunks
      }
      const { body } = await request(server.url, { method: 'PUT', body: sentBody(bytes()) })
      assert.equal(await body.text(), hash.digest('hex'))
      assert.equal(chunks.filter(chunk => chunk.byteLength === SIZE).length, 0)
      assert.equal(chunks.filter(chunk => chunk.byteLength === 100).length, 6)
    }),
  )
})

test('a source that fails fails the request with its error', async () => {
  await using server = await listening(message => message.resume())
  async function* failing() {
    yield new Uint8Array(SIZE)
    throw new Error('no such sector')
  }
  await assert.rejects(request(server.url, { method: 'PUT', body: sentBody(failing()) }), /no such sector/)
})

test('a request that is given up closes its source', async () => {
  const reached = Promise.withResolvers<void>()
  await using server = await listening(message => message.once('data', () => reached.resolve()))
  const closed = Promise.withResolvers<void>()
  async function* endless() {
    try {
      for (;;) yield new Uint8Array(SIZE)
    } finally {
      closed.resolve()
    }
  }
  const stop = new AbortController()
  const sent = request(server.url, { method: 'PUT', body: sentBody(endless()), signal: stop.signal })
  await reached.promise
  stop.abort()
  await assert.rejects(sent, { name: 'AbortError' })
  await closed.promise
})
