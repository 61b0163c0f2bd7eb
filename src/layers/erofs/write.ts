import type { FinishedTree } from '../tree/finish.ts'
import { type Node, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../tree/node.ts'
import { type BlockWriter, blockWriter } from './block-writer.ts'
import { type DataArea, hasChunks, planChunks, writeChunks } from './chunks.ts'
import * as format from './format.ts'
import { directoryBlocks, type Layout, layOut, storedNames } from './layout.ts'
import { writeXattrs, xattrBytes } from './xattrs.ts'

/** File types in directory entries. */
const ENTRY_TYPES = new Map([
  [S_IFREG, 1],
  [S_IFDIR, 2],
  [S_IFCHR, 3],
  [S_IFBLK, 4],
  [S_IFIFO, 5],
  [S_IFLNK, 7],
])

export interface IndexOptions {
  /** Bytes of the tar that file data are referred to in. */
  readonly tarSize: number
  /** 16 bytes that no other index has: overlayfs tells its layers apart by them. */
  readonly uuid: Uint8Array
}

/**
 * Writes the index of a layer to `fd`: an EROFS image of its inodes, directories, links and xattrs whose file data are
 * those in the tar. Returns what has to be copied to a second data file, since the tar doesn't have it in whole blocks.
 */
export function writeIndex(tree: FinishedTree, fd: number, options: IndexOptions): DataArea {
  const layout = layOut(tree)
  const writer = blockWriter(fd, layout.total * format.BLOCK)
  writeSuperblock(writer, tree, layout, options)
  const parents = new Map<Node, Node>([[tree.root, tree.root]])
  for (const node of tree.nodes) {
    writeInode(writer, node, layout)
    for (const child of node.children?.values() ?? []) if (child.children) parents.set(child, node)
  }
  for (const node of tree.nodes) {
    if (layout.blocks[node.index] === 0) continue
    if (node.children) writeDirectory(writer, node, parents.get(node)!, layout)
    else {
      const offset = layout.blocks[node.index]! * format.BLOCK
      writer.room(offset, node.target!.length).write(node.target!, 'latin1')
    }
  }
  writer.end()
  return layout.area
}

function writeSuperblock(writer: BlockWriter, tree: FinishedTree, layout: Layout, options: IndexOptions): void {
  const devices = layout.area.size > 0 ? [options.tarSize, layout.area.size] : [options.tarSize]
  const out = writer.room(format.SUPERBLOCK_OFFSET, format.DEVICE_SLOT * (1 + devices.length))
  out.writeUInt32LE(format.MAGIC, 0)
  out.writeUInt32LE(format.FEATURE_COMPAT_MTIME, 8)
  out[12] = format.BLOCK_BITS
  out.writeUInt16LE(numberOf(layout, tree.root), 14)
  out.writeBigUInt64LE(BigInt(tree.nodes.length), 16)
  out.writeUInt32LE(layout.total, 36)
  out.writeUInt32LE(format.META_BLOCK, 40)
  out.set(options.uuid.subarray(0, 16), 48)
  out.writeUInt32LE(format.FEATURE_INCOMPAT_CHUNKED_FILE | format.FEATURE_INCOMPAT_DEVICE_TABLE, 80)
  out.writeUInt16LE(devices.length, 86)
  out.writeUInt16LE(format.DEVICE_TABLE_OFFSET / format.DEVICE_SLOT, 88)
  for (const [at, size] of devices.entries()) {
    out.writeUInt32LE(Math.min(Math.ceil(size / format.BLOCK), 0xffffffff), format.DEVICE_SLOT * (at + 1) + 64)
  }
}

/** An inode's number: its place in units of 32 bytes. */
function numberOf(layout: Layout, node: Node): number {
  return (layout.offsets[node.index]! - format.META_OFFSET) / format.INODE_UNIT
}

function writeInode(writer: BlockWriter, node: Node, layout: Layout): void {
  const out = writer.room(layout.offsets[node.index]!, layout.lengths[node.index]!)
  const xattrs = xattrBytes(node)
  const tail = format.INODE + xattrs
  const plan = hasChunks(node) ? (layout.sparse.get(node) ?? planChunks(node, layout.area)) : undefined
  let dataLayout = format.LAYOUT_FLAT_PLAIN
  let data = layout.blocks[node.index]!
  if (plan) {
    dataLayout = format.LAYOUT_CHUNK_BASED
    data = plan.shift | format.CHUNK_FORMAT_INDEXES
    writeChunks(node, plan, out, format.alignUp(tail, format.CHUNK_INDEX))
  } else if (node.target !== undefined && data === 0) {
    dataLayout = format.LAYOUT_FLAT_INLINE
    out.write(node.target, tail, 'latin1')
  } else if ((node.mode & S_IFMT) === S_IFCHR || (node.mode & S_IFMT) === S_IFBLK) {
    data = encodeDevice(node.major, node.minor)
  }
  out.writeUInt16LE(1 | (dataLayout << 1), 0)
  out.writeUInt16LE(xattrs === 0 ? 0 : (xattrs - format.XATTR_HEADER) / 4 + 1, 2)
  out.writeUInt16LE(node.mode, 4)
  out.writeBigUInt64LE(BigInt((node.mode & S_IFMT) === S_IFREG ? node.size : layout.sizes[node.index]!), 8)
  out.writeUInt32LE(data, 16)
  out.writeUInt32LE(node.index + 1, 20)
  out.writeUInt32LE(node.uid, 24)
  out.writeUInt32LE(node.gid, 28)
  out.writeBigUInt64LE(BigInt(node.seconds), 32)
  out.writeUInt32LE(node.nanoseconds, 40)
  out.writeUInt32LE(node.links, 44)
  if (xattrs > 0) writeXattrs(node, out, format.INODE)
}

/** As the kernel's new_encode_dev. */
function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
}

function writeDirectory(writer: BlockWriter, node: Node, parent: Node, layout: Layout): void {
  const names = storedNames(node)
  const start = layout.blocks[node.index]! * format.BLOCK
  for (const [at, block] of directoryBlocks(names).entries()) {
    const out = writer.room(start + at * format.BLOCK, block.used)
    let nameOffset = (block.end - block.first) * format.DIRENT
    for (let index = block.first; index < block.end; index++) {
      const name = names[index]!
      const child = name === '.' ? node : name === '..' ? parent : node.children!.get(name)!
      const entry = (index - block.first) * format.DIRENT
      out.writeBigUInt64LE(BigInt(numberOf(layout, child)), entry)
      out.writeUInt16LE(nameOffset, entry + 8)
      out[entry + 10] = ENTRY_TYPES.get(child.mode & S_IFMT)!
      out.write(name, nameOffset, 'latin1')
      nameOffset += name.length
    }
  }
}
