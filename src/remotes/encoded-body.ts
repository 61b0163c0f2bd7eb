import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Bytes, isStrataError, StrataError } from '../std/index.ts'

/** Whether `Content-Encoding` says that a body comes as gzip: https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
export function isGzip(encoding: string | string[] | undefined): boolean {
  return typeof encoding === 'string' && /^(?:x-)?gzip$/i.test(encoding.trim())
}

/** Decompresses such a body as it is read. The stream fails with `unavailable` for what is no gzip, and as its source fails. */
export async function* decoded(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  // Whatever goes wrong reaches the reader.
  pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => {})
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    if (isStrataError(error)) throw error
    throw new StrataError('unavailable', 'gzip: invalid data', { cause: error, details: { reason: 'encoding' } })
  }
}
