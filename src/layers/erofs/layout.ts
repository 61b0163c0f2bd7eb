import type { ByteString } from '../../archive/index.ts'
import { byBytes, type FinishedTree, sortedNames } from '../tree/finish.ts'
import type { Node } from '../tree/node.ts'
import { type ChunkPlan, type DataArea, hasChunks, planChunks } from './chunks.ts'
import { alignUp, BLOCK, CHUNK_INDEX, DIRENT, INODE, INODE_UNIT, META_OFFSET } from './format.ts'
import { xattrBytes } from './xattrs.ts'

/** Where everything goes in the index. */
export interface Layout {
  /** Byte offset of each inode, by the node's index. */
  readonly offsets: Float64Array
  /** Length of each inode with its xattrs, chunk indexes and inline data. */
  readonly lengths: Float64Array
  /** First data block of directories and of long symbolic links; 0 for all others. */
  readonly blocks: Uint32Array
  /** Size of directories and symbolic links; by the node's index. */
  readonly sizes: Float64Array
  /** The plans of sparse files; those of all others are quickly made again, and would take much memory. */
  readonly sparse: ReadonlyMap<Node, ChunkPlan>
  readonly area: DataArea
  /** Blocks of the whole index. */
  readonly total: number
}

/** One block of a directory: the names from `first` up to, not including, `end`. */
export interface DirectoryBlock {
  readonly first: number
  readonly end: number
  /** Bytes used. */
  readonly used: number
}

/** The names of a directory as they are stored: with `.` and `..`, in the order of their bytes. */
export function storedNames(directory: Node): ByteString[] {
  const names = sortedNames(directory)
  names.push('.' as ByteString, '..' as ByteString)
  return names.sort(byBytes)
}

/** Cuts the names into blocks; a name never goes on in the next one. */
export function directoryBlocks(names: readonly ByteString[]): DirectoryBlock[] {
  const blocks: DirectoryBlock[] = []
  let first = 0
  let used = 0
  for (const [at, name] of names.entries()) {
    const need = DIRENT + name.length
    if (used + need > BLOCK) {
      blocks.push({ first, end: at, used })
      first = at
      used = 0
    }
    used += need
  }
  blocks.push({ first, end: names.length, used })
  return blocks
}

/** Lays the tree out: all inodes first, the root at the front, then the blocks of directories and long links. */
export function layOut(tree: FinishedTree): Layout {
  const { nodes } = tree
  const layout = {
    offsets: new Float64Array(nodes.length),
    lengths: new Float64Array(nodes.length),
    blocks: new Uint32Array(nodes.length),
    sizes: new Float64Array(nodes.length),
    sparse: new Map<Node, ChunkPlan>(),
    area: { copies: [], size: 0 } as DataArea,
  }
  // A folder's entry with number 0 is skipped by readers, as deleted: the root is not to have it, or `..` is missing below it.
  let at = META_OFFSET + INODE_UNIT
  const outside: Node[] = []
  for (const node of nodes) {
    at = alignUp(at, INODE_UNIT)
    let length = INODE + xattrBytes(node)
    if (node.target !== undefined) {
      // Inline data must not cross a block; kept apart from xattrs, so that old kernels read it as a fast link.
      const all = length + node.target.length
      if (length === INODE && all <= BLOCK) {
        if ((at % BLOCK) + all > BLOCK) at = alignUp(at, BLOCK)
        length = all
      } else outside.push(node)
      layout.sizes[node.index] = node.target.length
    } else if (node.children) outside.push(node)
    else if (hasChunks(node)) {
      const plan = planChunks(node, layout.area)
      if (node.sparse) layout.sparse.set(node, plan)
      length = alignUp(length, CHUNK_INDEX) + plan.count * CHUNK_INDEX
    }
    layout.offsets[node.index] = at
    layout.lengths[node.index] = length
    at += length
  }
  let block = Math.ceil(at / BLOCK)
  for (const node of outside) {
    layout.blocks[node.index] = block
    if (node.children) {
      const blocks = directoryBlocks(storedNames(node))
      layout.sizes[node.index] = (blocks.length - 1) * BLOCK + blocks.at(-1)!.used
      block += blocks.length
    } else block += Math.ceil(node.target!.length / BLOCK)
  }
  return { ...layout, total: block }
}
