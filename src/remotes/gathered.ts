import { type Bytes, release } from '../std/index.ts'

const CHUNK = 256 * 1024

/**
 * Gathers what a socket gives in small pieces into chunks of 256 KiB in buffers of their own, which can change threads
 * without a copy; the last one is smaller. When the source fails, what came before is handed on first.
 */
export async function* gathered(source: Bytes): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(CHUNK)
  let filled = 0
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const chunk of source) {
      let taken = 0
      while (taken < chunk.byteLength) {
        const part = chunk.subarray(taken, taken + CHUNK - filled)
        buffer.set(part, filled)
        taken += part.byteLength
        filled += part.byteLength
        if (filled === CHUNK) {
          yield buffer
          buffer = new Uint8Array(CHUNK)
          filled = 0
        }
      }
      release(chunk)
    }
  } catch (error) {
    failure = { error }
  }
  if (filled > 0) yield buffer.slice(0, filled)
  if (failure) throw failure.error
}
