import type { SparseRun } from '../../archive/index.ts'
import { StrataError } from '../../std/index.ts'
import { type Node, S_IFMT, S_IFREG } from '../tree/node.ts'
import { alignUp, BLOCK, BLOCK_BITS, DATA_DEVICE, HOLE, MAX_CHUNK_SHIFT, TAR_DEVICE } from './format.ts'

/** The most chunk indexes that a sparse file gets; one that would need more has its data copied instead. */
const MOST_CHUNKS = 65_536
/** Copied data start at multiples of a host page, so that holes stay holes there. */
const PAGE = 4096

/** How a regular file's bytes are found: equal chunks, each in one device or a hole. */
export interface ChunkPlan {
  /** A chunk has `BLOCK << shift` bytes. */
  readonly shift: number
  readonly count: number
  readonly device: number
  /** Where the file begins in the device; undefined for a sparse file whose runs are referred to in the tar. */
  readonly base: number | undefined
}

/** Gives out room in the file of copied data. */
export interface DataArea {
  /** Files whose runs have to be copied, with where they go. */
  readonly copies: { readonly node: Node; readonly base: number }[]
  size: number
}

/** Whether it is a regular file with data: all others have no chunks. */
export function hasChunks(node: Node): boolean {
  return (node.mode & S_IFMT) === S_IFREG && node.size > 0
}

/** Plans the chunks of a file that has some; a sparse one may take room in the area. */
export function planChunks(node: Node, area: DataArea): ChunkPlan {
  if (node.sparse) return planSparse(node, node.sparse, area)
  return { ...whole(node.size), device: TAR_DEVICE, base: addressed(node.dataOffset, node.size) }
}

function whole(size: number): { shift: number; count: number } {
  const shift = Math.min(MAX_CHUNK_SHIFT, Math.max(0, Math.ceil(Math.log2(size)) - BLOCK_BITS))
  const chunk = BLOCK * 2 ** shift
  return chunk < size && shift < MAX_CHUNK_SHIFT
    ? { shift: shift + 1, count: 1 }
    : { shift, count: Math.ceil(size / chunk) }
}

/** Block addresses have 32 bits, and the last stands for a hole. */
function addressed(offset: number, size: number): number {
  if ((offset + size) / BLOCK >= HOLE) {
    throw new StrataError('invalid_argument', 'layer is too large: files can be found in its first 2 TiB only')
  }
  return offset
}

function planSparse(node: Node, runs: readonly SparseRun[], area: DataArea): ChunkPlan {
  const full = whole(node.size)
  const shift = Math.min(full.shift, commonShift(node.size, runs))
  const count = shift < 0 ? Number.POSITIVE_INFINITY : Math.ceil(node.size / (BLOCK * 2 ** shift))
  if (count <= MOST_CHUNKS) {
    addressed(
      node.dataOffset,
      runs.reduce((sum, run) => sum + run.size, 0),
    )
    return { shift, count, device: TAR_DEVICE, base: undefined }
  }
  const base = area.size
  area.size = addressed(base, alignUp(node.size, PAGE)) + alignUp(node.size, PAGE)
  area.copies.push({ node, base })
  return { ...full, device: DATA_DEVICE, base }
}

/** The largest shift at which every chunk is all in one run or all in a hole; negative when blocks are too long. */
function commonShift(size: number, runs: readonly SparseRun[]): number {
  let shift = MAX_CHUNK_SHIFT
  for (const run of runs) {
    if (run.size === 0) continue
    shift = Math.min(shift, shiftOf(run.offset))
    if (run.offset + run.size < size) shift = Math.min(shift, shiftOf(run.size))
  }
  return shift
}

function shiftOf(value: number): number {
  if (value === 0) return MAX_CHUNK_SHIFT
  let shift = -BLOCK_BITS
  for (let rest = value; rest % 2 === 0 && shift < MAX_CHUNK_SHIFT; rest /= 2) shift++
  return shift
}

/** Puts the chunk indexes at `offset`: {advise u16, device u16, block u32} each. */
export function writeChunks(node: Node, plan: ChunkPlan, out: Buffer, offset: number): void {
  const chunkBlocks = 2 ** plan.shift
  const put = (chunk: number, device: number, block: number) => {
    out.writeUInt16LE(device, offset + 8 * chunk + 2)
    out.writeUInt32LE(block, offset + 8 * chunk + 4)
  }
  if (plan.base !== undefined) {
    for (let chunk = 0; chunk < plan.count; chunk++) {
      put(chunk, plan.device, plan.base / BLOCK + chunk * chunkBlocks)
    }
    return
  }
  for (let chunk = 0; chunk < plan.count; chunk++) put(chunk, 0, HOLE)
  let block = node.dataOffset / BLOCK
  for (const run of node.sparse!) {
    const first = run.offset / BLOCK / chunkBlocks
    const chunks = Math.ceil(run.size / BLOCK / chunkBlocks)
    for (let at = 0; at < chunks; at++) put(first + at, plan.device, block + at * chunkBlocks)
    block += run.size / BLOCK
  }
}
