import { type BigIntStats, readSync } from 'node:fs'
import type { ByteString, TarHeaderInput, TarInput } from '../../archive/index.ts'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../tree/node.ts'
import { keptXattrs } from '../tree/xattrs.ts'
import { type OpenFile, type OpenFolder, openFolder } from './open-folder.ts'
import type { PlaceholderCheck } from './placeholder-check.ts'

/** What of a folder is taken, and what it means. Paths are absolute in the rootfs; all are byte strings. */
export interface TreeView {
  /** The names in a folder that are taken, in the order of their bytes. */
  names(folder: OpenFolder, path: string): readonly string[]
  /** Whether a name was removed; `stat` is what is there, if anything. */
  isRemoved(path: string, stat: BigIntStats | undefined): boolean
  /** Whether a folder hides what was below it; `xattrs` are its own. */
  isOpaque(path: string, xattrs: readonly (readonly [string, Buffer])[]): Promise<boolean>
}

export interface TreeEntriesOptions {
  readonly view: TreeView
  /** What is left out of what the view takes. */
  readonly placeholders?: PlaceholderCheck
}

interface Level {
  readonly folder: OpenFolder
  /** Empty for the root. */
  readonly path: string
  readonly names: readonly string[]
  next: number
}

const PIECE = 1 << 20
/** Labels are of the host, not of the image. */
const HOST_XATTRS = new Set(['security.selinux'])

/**
 * The tar entries of a tree, as dockerd writes them: each folder before what is in it, names in the order of their bytes,
 * the root itself left out; a removed name as `.wh.<name>` in its place, a folder that hides all below it followed by
 * `.wh..wh..opq`. Of several names of one file the first has the data. Sockets are left out. What these entries are depends
 * on the tree alone.
 */
export async function* treeEntries(top: string, options: TreeEntriesOptions): AsyncGenerator<TarInput> {
  const { view, placeholders } = options
  const linked = new Map<string, ByteString>()
  const root = openFolder(top)
  const levels: Level[] = [{ folder: root, path: '', names: view.names(root, ''), next: 0 }]
  try {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++]
      if (name === undefined) {
        level.folder[Symbol.dispose]()
        levels.pop()
        continue
      }
      const { folder } = level
      const path = `${level.path}/${name}`
      const stat = folder.stat(name)
      if (view.isRemoved(path, stat)) {
        yield { header: whiteout(`${level.path.slice(1)}/.wh.${name}`) }
        continue
      }
      if (!stat || (await placeholders?.isPlaceholder(folder, name, path))) continue
      if (!stat.isDirectory()) {
        yield* entry(folder, { name, path, stat, linked })
        continue
      }
      const inner = folder.folder(name)
      if (!inner) continue
      const names = view.names(inner, path)
      const next: Level = { folder: inner, path, names, next: 0 }
      levels.push(next)
      if (await placeholders?.isHolder(inner, names, path)) {
        next.next = names.length
        continue
      }
      const xattrs = folder.xattrs(name)
      const header = headerOf(inner.self, { type: 'directory', name: `${path.slice(1)}/`, xattrs })
      yield { header }
      if (await view.isOpaque(path, xattrs)) yield { header: whiteout(`${path.slice(1)}/.wh..wh..opq`) }
    }
  } finally {
    for (const { folder } of levels) folder[Symbol.dispose]()
  }
}

interface Found {
  readonly name: string
  readonly path: string
  readonly stat: BigIntStats
  /** First names by inode. */
  readonly linked: Map<string, ByteString>
}

/** What is no directory. */
function* entry(folder: OpenFolder, { name, path, stat, linked }: Found): Generator<TarInput> {
  const type = TYPES[Number(stat.mode) & S_IFMT]
  if (type === undefined) return
  const own = path.slice(1) as ByteString
  const xattrs = folder.xattrs(name)
  const inode = `${stat.dev}:${stat.ino}`
  const first = linked.get(inode)
  if (first !== undefined) {
    yield { header: { ...headerOf(stat, { type: 'link', name: own, xattrs }), linkname: first } }
    return
  }
  switch (type) {
    case 'file': {
      using file = folder.file(name)
      if (!file) return
      const { self } = file
      const header = { ...headerOf(self, { type, name: own, xattrs }), size: Number(self.size) }
      yield { header, data: contentOf(file) }
      break
    }
    case 'symlink': {
      const target = folder.target(name)
      if (target === undefined) return
      yield { header: { ...headerOf(stat, { type, name: own, xattrs }), linkname: target as ByteString } }
      break
    }
    default:
      yield { header: { ...headerOf(stat, { type, name: own, xattrs }), ...deviceOf(stat) } }
  }
  if (stat.nlink > 1n) linked.set(inode, own)
}

const TYPES: Readonly<Record<number, TarHeaderInput['type']>> = {
  [S_IFREG]: 'file',
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'char',
  [S_IFBLK]: 'block',
  [S_IFIFO]: 'fifo',
}

/** As many bytes as the file had when it was opened; zeros in the place of what was cut off meanwhile. */
async function* contentOf({ fd, self }: OpenFile): AsyncGenerator<Uint8Array> {
  const size = Number(self.size)
  for (let at = 0; at < size; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, size - at))
    let filled = 0
    while (filled < buffer.byteLength) {
      const read = readSync(fd, buffer, filled, buffer.byteLength - filled, at + filled)
      if (read === 0) break
      filled += read
    }
    buffer.fill(0, filled)
    at += buffer.byteLength
    yield buffer
  }
}

function headerOf(
  stat: BigIntStats,
  of: { readonly type: TarHeaderInput['type']; readonly name: string; readonly xattrs: readonly [string, Buffer][] },
): TarHeaderInput {
  const mode = Number(stat.mode)
  const all = new Map(of.xattrs.filter(([name]) => !HOST_XATTRS.has(name)) as [ByteString, Buffer][])
  return {
    type: of.type,
    name: of.name as ByteString,
    mode: mode & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: timeOf(stat.mtimeNs),
    xattrs: new Map(keptXattrs(all, mode & S_IFMT || S_IFDIR, of.name)),
  }
}

const SECOND = 1_000_000_000n

function timeOf(nanoseconds: bigint): { seconds: number; nanoseconds: number } {
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND
  return { seconds: Number((nanoseconds - rest) / SECOND), nanoseconds: Number(rest) }
}

/** Device numbers as the kernel tells them in `st_rdev`. */
function deviceOf({ rdev }: BigIntStats): { devmajor: number; devminor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
  return { devmajor: Number(major), devminor: Number(minor) }
}

function whiteout(path: string): TarHeaderInput {
  return { type: 'file', name: path.replace(/^\//, '') as ByteString, mode: 0o600, size: 0 }
}
