import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { type Digest, digestOfHex } from '../oci/index.ts'
import { readFileRange } from '../std/index.ts'

/** The sha256 of a growing file: fed with what is written, it reads what it missed only when asked to. */
export class RunningDigest {
  #hash: Hash = createHash('sha256')
  #size = 0

  /** Takes in bytes that were written at `position`; those that don't follow on what it has are left for {@link catchUp}. */
  update(chunk: Uint8Array, position: number): void {
    if (position !== this.#size) return
    this.#hash.update(chunk)
    this.#size += chunk.byteLength
  }

  /** Takes in what the file has up to `size` and it has not. */
  async catchUp(file: FileHandle, size: number): Promise<void> {
    if (this.#size === size) return
    if (this.#size > size) {
      this.#hash = createHash('sha256')
      this.#size = 0
    }
    for await (const chunk of readFileRange(file, this.#size, size)) this.update(chunk, this.#size)
  }

  /** The digest of what was taken in. */
  digest(): Digest {
    return digestOfHex(this.#hash.copy().digest('hex'))
  }
}
