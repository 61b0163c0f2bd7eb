import { type ByteString, cleanName, type TarEntryHead } from '../../archive/index.ts'
import { StrataError } from '../../std/index.ts'
import { type FinishedTree, finishTree } from './finish.ts'
import { impliedDirectory, Node, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from './node.ts'
import { resolveDirectory, show } from './resolve.ts'
import { keptXattrs } from './xattrs.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** Bookkeeping of AUFS (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`): not content. */
const AUFS = '.wh..wh.'

export interface TreeBuilder {
  /** Takes in the next entry of the tar. Throws `invalid_argument` for what can't be. */
  add(entry: TarEntryHead): void
  /** The tree that all entries together make. */
  finish(): FinishedTree
}

/**
 * Builds the tree of a layer from the entries of its tar, with the outcome that dockerd's overlay2 has when it unpacks
 * them one after the other into an empty folder that it has changed its root to:
 *
 * - later entries replace earlier ones of the same name; a directory that comes again keeps its children and takes on
 *   the new attributes; missing parents are made (root-owned, 0755, time zero);
 * - absolute names and `..` stay inside; links on the way to an entry are followed, inside the tree;
 * - an entry for the root itself is ignored: the root is root-owned, 0755;
 * - a hard link refers to what is there when it comes (a link itself, not its target), and passes its own attributes on.
 *
 * Whiteouts speak of the layers below only, wherever they stand in the tar (OCI image-spec v1.1, layer.md, "Whiteouts"):
 * a directory that is removed and made again is opaque, a file that is removed and made again just wins.
 */
export function treeBuilder(): TreeBuilder {
  const root = impliedDirectory()
  let entries = 0
  return {
    add(entry) {
      entries++
      addEntry(root, entry)
    },
    finish: () => finishTree(root, entries),
  }
}

function addEntry(root: Node, entry: TarEntryHead): void {
  const parts = cleanName(entry.name)
  const base = parts.pop()
  if (base === undefined) return
  if (parts.some(part => part.startsWith(AUFS)) || (base.startsWith(AUFS) && base !== OPAQUE)) return
  const removed = base.startsWith(WHITEOUT) && base !== OPAQUE ? (base.slice(WHITEOUT.length) as ByteString) : undefined
  checkNames([...parts, removed ?? base])
  const directory = resolveDirectory(root, parts, true)!
  if (base === OPAQUE) {
    directory.opaque = true
    return
  }
  if (removed !== undefined) {
    if (removed === '' || removed === '.' || removed === '..') {
      throw new StrataError('invalid_argument', `${show([...parts, base])}: whiteout without a name`)
    }
    const node = new Node(S_IFCHR)
    checkOwner(entry, [...parts, base])
    setOwnerAndTime(node, entry)
    directory.whiteouts ??= new Map()
    directory.whiteouts.set(removed, node)
    return
  }
  const before = directory.children!.get(base)
  if (entry.type === 'directory' && before?.children) setAttributes(before, entry, [...parts, base])
  else {
    // As when unpacking: the old one is gone before a hard link's target is looked for.
    if (before) directory.children!.delete(base)
    directory.children!.set(base, entry.type === 'link' ? hardLink(root, entry) : newNode(entry, [...parts, base]))
  }
}

/** The kernel's NAME_MAX and PATH_MAX. */
function checkNames(parts: readonly ByteString[]): void {
  let total = 0
  for (const part of parts) {
    total += part.length + 1
    if (part.length > 255 || total > 4095) {
      throw new StrataError('invalid_argument', `${show(parts)}: file name too long`)
    }
    if (part.includes('\0')) throw new StrataError('invalid_argument', `${show(parts)}: name with a NUL`)
  }
}

function newNode(entry: TarEntryHead, path: readonly ByteString[]): Node {
  const node = new Node(typeBits(entry))
  switch (entry.type) {
    case 'directory':
      node.children = new Map()
      break
    case 'symlink':
      node.target = checkedTarget(entry, path)
      break
    case 'char':
    case 'block':
      if (entry.devmajor > 0xfff || entry.devminor > 0xfffff || entry.devmajor < 0 || entry.devminor < 0) {
        throw new StrataError('invalid_argument', `${show(path)}: no such device number`)
      }
      node.major = entry.devmajor
      node.minor = entry.devminor
      break
    default:
      node.size = entry.size
      node.dataOffset = entry.dataOffset
      node.sparse = entry.sparse
  }
  setAttributes(node, entry, path)
  return node
}

function checkedTarget(entry: TarEntryHead, path: readonly ByteString[]): ByteString {
  const target = entry.linkname
  if (target.length === 0) throw new StrataError('invalid_argument', `${show(path)}: symbolic link without a target`)
  if (target.length > 4095) throw new StrataError('invalid_argument', `${show(path)}: target of the link is too long`)
  if (target.includes('\0')) throw new StrataError('invalid_argument', `${show(path)}: target with a NUL`)
  return target
}

function hardLink(root: Node, entry: TarEntryHead): Node {
  const parts = cleanName(entry.linkname)
  const base = parts.pop()
  const target = base === undefined ? root : resolveDirectory(root, parts, false)?.children?.get(base)
  const what = `hard link ${show(cleanName(entry.name))} to ${show(cleanName(entry.linkname))}`
  if (!target) throw new StrataError('invalid_argument', `${what}: no such file or directory in this layer before it`)
  if (target.children) throw new StrataError('invalid_argument', `${what}: operation not permitted: a directory`)
  if (target.target === undefined) setAttributes(target, entry, cleanName(entry.name))
  else {
    checkOwner(entry, cleanName(entry.name))
    target.uid = entry.uid
    target.gid = entry.gid
  }
  return target
}

function typeBits(entry: TarEntryHead): number {
  switch (entry.type) {
    case 'directory':
      return S_IFDIR
    case 'symlink':
      return S_IFLNK
    case 'char':
      return S_IFCHR
    case 'block':
      return S_IFBLK
    case 'fifo':
      return S_IFIFO
    default:
      return S_IFREG
  }
}

function setAttributes(node: Node, entry: TarEntryHead, path: readonly ByteString[]): void {
  checkOwner(entry, path)
  node.mode = (node.mode & S_IFMT) | (node.target === undefined ? entry.mode & 0o7777 : 0o777)
  setOwnerAndTime(node, entry)
  for (const [name, value] of keptXattrs(entry.xattrs, node.mode & S_IFMT, show(path))) {
    node.xattrs ??= new Map()
    node.xattrs.set(name, value)
  }
}

/** The last second that fits nanoseconds in 64 bits: dockerd sets later times, and those before the epoch, to zero. */
const LAST_SECOND = 9_223_372_036

function setOwnerAndTime(node: Node, entry: TarEntryHead): void {
  node.uid = entry.uid
  node.gid = entry.gid
  const inRange = entry.mtime.seconds >= 0 && entry.mtime.seconds < LAST_SECOND
  node.seconds = inRange ? entry.mtime.seconds : 0
  node.nanoseconds = inRange ? entry.mtime.nanoseconds : 0
}

function checkOwner(entry: TarEntryHead, path: readonly ByteString[]): void {
  if (!(isID(entry.uid) && isID(entry.gid))) {
    throw new StrataError('invalid_argument', `${show(path)}: owner ${entry.uid}:${entry.gid} is out of range`)
  }
}

const isID = (id: number) => Number.isInteger(id) && id >= 0 && id < 0xffffffff
