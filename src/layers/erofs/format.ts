/**
 * The parts of the EROFS on-disk format that a layer's index is written in. All numbers are little endian.
 * https://www.kernel.org/doc/html/latest/filesystems/erofs.html, fs/erofs/erofs_fs.h
 */

/** Blocks are as long as tar's, so that file data can be referred to where it lies in the tar. */
export const BLOCK_BITS = 9
export const BLOCK = 1 << BLOCK_BITS

export const SUPERBLOCK_OFFSET = 1024
export const MAGIC = 0xe0f5e1e2
/** Times in inodes are mtime. */
export const FEATURE_COMPAT_MTIME = 0x2
export const FEATURE_INCOMPAT_CHUNKED_FILE = 0x4
export const FEATURE_INCOMPAT_DEVICE_TABLE = 0x8

/** The table of extra devices: right after the superblock, in units of its slots. Room for two before the inodes. */
export const DEVICE_SLOT = 128
export const DEVICE_TABLE_OFFSET = SUPERBLOCK_OFFSET + DEVICE_SLOT
/** Device numbers of chunks: 1 is the tar, 2 the data that can't be referred to in it. */
export const TAR_DEVICE = 1
export const DATA_DEVICE = 2

/** Where inodes begin: the first block after the device table. */
export const META_BLOCK = 3
export const META_OFFSET = META_BLOCK * BLOCK
/** The address of an inode is its number in units of this. */
export const INODE_UNIT = 32

/** Length of an extended inode. */
export const INODE = 64
export const LAYOUT_FLAT_PLAIN = 0
export const LAYOUT_FLAT_INLINE = 2
export const LAYOUT_CHUNK_BASED = 4
/** Chunks are described by 8-byte indexes, which name a device. */
export const CHUNK_FORMAT_INDEXES = 0x20
export const CHUNK_INDEX = 8
/** The most that a chunk's length is shifted by, on top of a block's. */
export const MAX_CHUNK_SHIFT = 31
/** A chunk that is all zeros; no block has this address. */
export const HOLE = 0xffffffff

export const DIRENT = 12
/** The header before inline xattrs. */
export const XATTR_HEADER = 12

/** `value` or the next multiple of `unit`. Safe beyond 32 bits. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}
