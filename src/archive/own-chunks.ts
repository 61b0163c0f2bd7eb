import { BLOCK_BYTES, type Bytes, takeBlock } from '../std/index.ts'

/**
 * The same bytes in chunks of about 1 MiB, each in an ArrayBuffer of its own, so that they can be transferred to another
 * thread without a copy. Chunks that are like that already are passed on as they are. All that came before a failure of
 * `bytes` comes before it here too.
 */
export async function* ownChunks(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const chunk of bytes) {
      if (filled === 0 && chunk.byteLength === chunk.buffer.byteLength && chunk.byteLength >= BLOCK_BYTES / 2) {
        yield chunk
        continue
      }
      for (let at = 0; at < chunk.byteLength; ) {
        gathered ??= takeBlock()
        const taken = Math.min(chunk.byteLength - at, BLOCK_BYTES - filled)
        gathered.set(chunk.subarray(at, at + taken), filled)
        at += taken
        filled += taken
        if (filled === BLOCK_BYTES) {
          yield gathered
          gathered = undefined
          filled = 0
        }
      }
    }
  } catch (error) {
    failure = { error }
  }
  if (gathered) yield new Uint8Array(gathered.subarray(0, filled))
  if (failure) throw failure.error
}
