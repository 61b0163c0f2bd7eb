import type { Readable } from 'node:stream'
import { StrataError } from './errors.ts'

/** A stream of bytes inside Strata. Chunks are non-empty; the consumer may keep them, the producer never reuses them. */
export type Bytes = AsyncIterable<Uint8Array>

/** Stored bytes, opened for reading: a handle to dispose of. */
export interface Blob extends AsyncDisposable {
  /** Bytes of the range that was asked for. */
  readonly size: number
  /** The bytes of that range. Call once. */
  bytes(): Bytes
}

/**
 * Reads a whole, small stream (a manifest, a config, a JSON body) into memory.
 * @param limit the most bytes that are accepted; one more throws `invalid_argument`.
 */
export async function collect(bytes: Bytes, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.byteLength
    if (size > limit) throw new StrataError('invalid_argument', `content is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** A stream of the given chunks. */
export async function* bytesOf(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.byteLength > 0) yield bytes
  }
}

/** Passes `bytes` on unchanged and tells `seen` about each chunk first. */
export async function* tap(
  bytes: Bytes,
  seen: (chunk: Uint8Array) => void | Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    await seen(chunk)
    yield chunk
  }
}

/** The same bytes; while one chunk is used, the next is made. What leaves the loop early waits for that one. */
export async function* madeAhead(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  const begin = () => {
    const next = chunks.next()
    // Nobody asks for it when the reader leaves early.
    next.catch(() => {})
    return next
  }
  try {
    for (let next = begin(); ; ) {
      const { done, value } = await next
      if (done) return
      next = begin()
      yield value
    }
  } finally {
    await chunks.return?.()
  }
}

/** A Node stream as {@link Bytes}; leaving the loop early destroys the stream. */
export async function* fromReadable(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.byteLength > 0) yield bytes
  }
}
