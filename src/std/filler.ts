import { BLOCK_BYTES, release, takeBlock } from './blocks.ts'

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

  /** Copies the bytes, and gives out the blocks that they fill; all of these are to be taken. */
  *push(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    for (let at = 0; at < bytes.byteLength; ) {
      const piece = bytes.subarray(at, at + BLOCK_BYTES - this.#used)
      this.block.set(piece, this.#used)
      at += piece.byteLength
      const full = this.add(piece.byteLength)
      if (full) yield full
    }
  }

  /** What is in no full block, in a buffer of exactly that size; undefined when that is nothing. Empty afterwards, and holds no block. */
  rest(): Uint8Array<ArrayBuffer> | undefined {
    const block = this.#block
    if (!block) return undefined
    const rest = this.#used > 0 ? new Uint8Array(block.subarray(0, this.#used)) : undefined
    this.#block = undefined
    this.#used = 0
    release(block)
    return rest
  }
}
