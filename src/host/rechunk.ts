import { BLOCK_BYTES, type Bytes, Filler } from '../std/index.ts'

/** The same bytes in blocks of {@link BLOCK_BYTES}, the last one shorter, each in a buffer of its own. */
export async function* rechunk(input: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const filler = new Filler()
  for await (const chunk of input) {
    if (filler.used === 0 && isBlock(chunk)) yield chunk
    else yield* filler.push(chunk)
  }
  const rest = filler.rest()
  if (rest) yield rest
}

function isBlock(chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> {
  return (
    chunk.byteLength === BLOCK_BYTES && chunk.buffer.byteLength === BLOCK_BYTES && chunk.buffer instanceof ArrayBuffer
  )
}
