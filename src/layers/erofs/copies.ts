import { ftruncateSync, readSync } from 'node:fs'
import { StrataError } from '../../std/index.ts'
import { writeAll } from '../scan-tar.ts'
import type { DataArea } from './chunks.ts'

const PIECE = 1 << 20

/** Copies the stored runs of sparse files from the tar to where they are in the area; holes stay holes. */
export function copyRuns(area: DataArea, tar: number, data: number): void {
  const buffer = Buffer.allocUnsafe(PIECE)
  ftruncateSync(data, area.size)
  for (const piece of pieces(area)) {
    fill(tar, buffer, piece.from, piece.size)
    writeAll(data, buffer.subarray(0, piece.size), piece.to)
  }
}

/** Whether the area holds what {@link copyRuns} would put there (holes are not looked at). */
export function sameRuns(area: DataArea, tar: number, data: number): boolean {
  const one = Buffer.allocUnsafe(PIECE)
  const other = Buffer.allocUnsafe(PIECE)
  for (const piece of pieces(area)) {
    fill(tar, one, piece.from, piece.size)
    fill(data, other, piece.to, piece.size)
    if (one.compare(other, 0, piece.size, 0, piece.size) !== 0) return false
  }
  return true
}

function* pieces(area: DataArea): Generator<{ from: number; to: number; size: number }> {
  for (const { node, base } of area.copies) {
    let stored = node.dataOffset
    for (const run of node.sparse!) {
      for (let done = 0; done < run.size; done += PIECE) {
        yield { from: stored + done, to: base + run.offset + done, size: Math.min(PIECE, run.size - done) }
      }
      stored += run.size
    }
  }
}

function fill(fd: number, buffer: Buffer, position: number, size: number): void {
  for (let done = 0; done < size; ) {
    const read = readSync(fd, buffer, done, size - done, position + done)
    if (read === 0) throw new StrataError('internal', 'a file of a layer is shorter than it should be')
    done += read
  }
}
