import { BLOCK_BYTES, type Bytes, takeBlock } from '../std/index.ts'

/** Fills blocks one after the other. */
export class Filler {
  #block: Uint8Array<ArrayBuffer> | undefined
  #used = 0

  /** The block to write to, from {@link used} on. */
  get block(): Uint8Array<ArrayBuffer> {
    this.#block ??= takeBlock()
    return this.#block
  }

  get used(): number {
    return this.#used
  }

  /** Counts bytes that were written; returns the block, now the caller's, when it is full. */
  add(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    this.#used += bytes
    if (this.#used < BLOCK_BYTES) return undefined
    const full = this.#block
    this.#block = undefined
    this.#used = 0
    return full
  }

  /** What the last block holds, in a buffer of exactly that size; undefined when it is empty. */
  rest(): Uint8Array<ArrayBuffer> | undefined {
    return this.#used === 0 ? undefined : new Uint8Array(this.block.subarray(0, this.#used))
  }
}

/** The same bytes in blocks of {@link BLOCK_BYTES}, the last one shorter, each in a buffer of its own. */
export async function* rechunk(input: Bytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const filler = new Filler()
  for await (const chunk of input) {
    if (filler.used === 0 && isBlock(chunk)) {
      yield chunk
      continue
    }
    for (let offset = 0; offset < chunk.byteLength; ) {
      const piece = chunk.subarray(offset, offset + BLOCK_BYTES - filler.used)
      filler.block.set(piece, filler.used)
      offset += piece.byteLength
      const full = filler.add(piece.byteLength)
      if (full) yield full
    }
  }
  const rest = filler.rest()
  if (rest) yield rest
}

function isBlock(chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> {
  return (
    chunk.byteLength === BLOCK_BYTES && chunk.buffer.byteLength === BLOCK_BYTES && chunk.buffer instanceof ArrayBuffer
  )
}
