import { readSync } from 'node:fs'
import { StrataError } from '../../std/index.ts'
import type { Node } from '../tree/node.ts'

const PIECE = 1 << 20

/** Where a file's bytes are. */
export interface Stored {
  readonly node: Node
  /** The open tar of its layer. */
  readonly tar: number
}

/**
 * Whether two regular files have the same bytes. Files of different sizes are not read; of sparse files, holes are not
 * gone through.
 */
export function sameContent(one: Stored, other: Stored): boolean {
  const { size } = one.node
  if (size !== other.node.size) return false
  const [left, right] = [reader(one), reader(other)]
  for (let at = 0; at < size; ) {
    const [a, b] = [left.extentAt(at), right.extentAt(at)]
    const end = Math.min(a.end, b.end)
    if (a.stored === undefined && b.stored === undefined) {
      at = end
      continue
    }
    const length = Math.min(PIECE, end - at)
    if (!left.read(a, at, length).equals(right.read(b, at, length))) return false
    at += length
  }
  return true
}

/** A run of data or a hole, up to `end` of the file. */
interface Extent {
  readonly start: number
  readonly end: number
  /** Where its first byte is in the tar; undefined for a hole. */
  readonly stored: number | undefined
}

const zeros = Buffer.alloc(PIECE)

function reader({ node, tar }: Stored) {
  const extents = extentsOf(node)
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(node.size, 1)))
  let next = 0
  return {
    /** Positions must not go back. */
    extentAt(position: number): Extent {
      while (extents[next]!.end <= position) next++
      return extents[next]!
    },
    read(extent: Extent, position: number, length: number): Buffer {
      if (extent.stored === undefined) return zeros.subarray(0, length)
      for (let done = 0; done < length; ) {
        const at = extent.stored + position - extent.start + done
        const read = readSync(tar, buffer, done, length - done, at)
        if (read === 0) throw new StrataError('internal', 'a layer.tar is shorter than it should be')
        done += read
      }
      return buffer.subarray(0, length)
    },
  }
}

function extentsOf({ size, dataOffset, sparse }: Node): readonly Extent[] {
  if (!sparse) return [{ start: 0, end: size, stored: dataOffset }]
  const extents: Extent[] = []
  let at = 0
  let stored = dataOffset
  for (const run of sparse) {
    if (run.size === 0) continue
    if (run.offset > at) extents.push({ start: at, end: run.offset, stored: undefined })
    at = run.offset + run.size
    extents.push({ start: run.offset, end: at, stored })
    stored += run.size
  }
  if (at < size) extents.push({ start: at, end: size, stored: undefined })
  return extents
}
