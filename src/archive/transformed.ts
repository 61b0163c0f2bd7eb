import { pipeline, Readable, type Transform } from 'node:stream'
import type { Bytes } from '../std/index.ts'

/**
 * Passes `bytes` through a Node transform, which is destroyed when the reader leaves early. Failures of either side fail
 * the stream. Chunks that come out may share a buffer.
 */
export async function* transformed(bytes: Bytes, transform: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes, { objectMode: true, highWaterMark: 1 })
  pipeline(source, transform, () => {
    // The iteration below throws what went wrong.
  })
  for await (const chunk of transform as AsyncIterable<Buffer>) yield chunk
}
