import { BLOCK_BYTES, type Bytes, Filler } from '../std/index.ts'

/**
 * The same bytes in chunks of about 1 MiB, each in an ArrayBuffer of its own, so that they can be transferred to another
 * thread without a copy. Chunks that are like that already are passed on as they are. All that came before a failure of
 * `bytes` comes before it here too.
 */
export async function* ownChunks(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const filler = new Filler()
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const chunk of bytes) {
      const isOwn = chunk.byteLength === chunk.buffer.byteLength && chunk.byteLength >= BLOCK_BYTES / 2
      if (filler.used === 0 && isOwn) yield chunk
      else yield* filler.push(chunk)
    }
  } catch (error) {
    failure = { error }
  }
  const rest = filler.rest()
  if (rest) yield rest
  if (failure) throw failure.error
}
