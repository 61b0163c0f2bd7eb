import type { ByteString, SparseRun } from '../../archive/index.ts'

/** The type bits of a mode (`S_IFMT` and its values). */
export const S_IFMT = 0o170000
export const S_IFREG = 0o100000
export const S_IFDIR = 0o040000
export const S_IFLNK = 0o120000
export const S_IFCHR = 0o020000
export const S_IFBLK = 0o060000
export const S_IFIFO = 0o010000

/**
 * One inode of a layer. Hard links are one node under several names.
 *
 * A plain class with fixed fields, since a layer may have hundreds of thousands: about 300 bytes each.
 */
export class Node {
  /** Type and permission bits, as `st_mode`. */
  mode: number
  uid = 0
  gid = 0
  /** Seconds since the epoch (never negative) and nanoseconds. */
  seconds = 0
  nanoseconds = 0
  /** Bytes of a regular file as a program reads it. */
  size = 0
  /** Where a regular file's stored data begin in the tar. */
  dataOffset = 0
  /** Runs that are stored, for sparse files. */
  sparse: readonly SparseRun[] | undefined = undefined
  /** Device number of `S_IFCHR` and `S_IFBLK`. */
  major = 0
  minor = 0
  /** Target of a symbolic link. */
  target: ByteString | undefined = undefined
  xattrs: Map<ByteString, Uint8Array> | undefined = undefined
  /** Names in a directory; undefined for all other types. */
  children: Map<ByteString, Node> | undefined = undefined
  /** Names that this layer removes from the layers below, with the entry that said so. */
  whiteouts: Map<ByteString, Node> | undefined = undefined
  /** Whether the layers below don't show through this directory. */
  opaque: boolean = false
  /** Which layer's tar `dataOffset` is in, when the trees of several layers were merged; lowest is 0. */
  layer = 0
  /** Names that refer to this inode; set when a tree is finished. Directories: 2 and one for each directory in them. */
  links = 0
  /** Where the inode stands in the list of its finished tree. */
  index = 0

  constructor(mode: number) {
    this.mode = mode
  }
}

/** A directory that no entry describes: owned by root, 0755, time zero (dockerd: the time of the unpacking). */
export function impliedDirectory(): Node {
  const node = new Node(S_IFDIR | 0o755)
  node.children = new Map()
  return node
}

/** A directory with the attributes of `node` and other names in it. */
export function withChildren(node: Node, children: Map<ByteString, Node>): Node {
  const copy = Object.assign(new Node(node.mode), node)
  copy.children = children
  copy.opaque = false
  return copy
}

/** What overlayfs takes for "removed in this layer": the character device 0:0. */
export function isWhiteout(node: Node): boolean {
  return (node.mode & S_IFMT) === S_IFCHR && node.major === 0 && node.minor === 0
}
