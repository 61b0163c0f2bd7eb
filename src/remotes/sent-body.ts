import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type Bytes, messageOf, release } from '../std/index.ts'

/** The connection that each body goes to. */
const connections = new WeakMap<object, Socket>()

subscribe('undici:client:sendHeaders', message => {
  const { body, socket } = sending(message)
  if (typeof body === 'object' && body !== null && socket instanceof Socket) connections.set(body, socket)
})

/** What undici tells before it sends a request. */
function sending(message: unknown): { readonly body?: unknown; readonly socket?: unknown } {
  if (typeof message !== 'object' || message === null || !('request' in message) || !('socket' in message)) return {}
  const { request, socket } = message
  return typeof request === 'object' && request !== null && 'body' in request ? { body: request.body, socket } : {}
}

/**
 * The body of one request, of chunks that are given away. Nothing is read ahead: the next chunk is read when the latest one
 * was written to the connection, and when that has nothing left to write, the latest chunk is with the kernel: its memory
 * is given back. Otherwise it is left to the collector.
 */
export function sentBody(bytes: Bytes): Readable {
  const chunks = bytes[Symbol.asyncIterator]()
  let latest: Uint8Array | undefined
  async function next(): Promise<void> {
    try {
      const { done, value } = await chunks.next()
      if (body.destroyed) return
      latest = done ? undefined : value
      body.push(done ? null : value)
    } catch (error) {
      body.destroy(failureOf(error))
    }
  }
  async function end(): Promise<void> {
    await chunks.return?.()
  }
  const body: Readable = new Readable({
    highWaterMark: 0,
    read() {
      if (latest && body.readableLength === 0 && connections.get(body)?.writableLength === 0) release(latest)
      latest = undefined
      void next()
    },
    destroy(error, done) {
      end().then(
        () => done(error),
        (failure: unknown) => done(error ?? failureOf(failure)),
      )
    },
  })
  return body
}

/** Streams fail with errors only. */
function failureOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error), { cause: error })
}
