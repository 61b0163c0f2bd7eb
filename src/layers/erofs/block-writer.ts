import { writeSync } from 'node:fs'

const PIECE = 1 << 20

/** Writes a file from front to back in large pieces. */
export interface BlockWriter {
  /** Room for `length` bytes (at most 1 MiB) at `offset`, which is not before the end of the last room; all zeros. */
  room(offset: number, length: number): Buffer
  /** Writes what is left, with zeros up to the end of the file. */
  end(): void
}

/** Of a file that gets `size` bytes. */
export function blockWriter(fd: number, size: number): BlockWriter {
  const buffer = Buffer.alloc(Math.min(PIECE, size))
  let start = 0
  let used = 0
  const flush = () => {
    for (let done = 0; done < used; ) done += writeSync(fd, buffer, done, used - done, start + done)
    start += used
    buffer.fill(0, 0, used)
    used = 0
  }
  const skipTo = (offset: number) => {
    while (offset - start > PIECE) {
      used = PIECE
      flush()
    }
    used = Math.max(used, offset - start)
  }
  return {
    room(offset, length) {
      skipTo(offset)
      if (used + length > PIECE) flush()
      const at = offset - start
      used = at + length
      return buffer.subarray(at, used)
    },
    end() {
      skipTo(size)
      flush()
    },
  }
}
