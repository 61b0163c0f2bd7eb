import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { getXattr, listXattrs } from '../../host/index.ts'

export interface Seen {
  readonly mode: string
  readonly owner: string
  readonly mtime: bigint
  readonly size?: number
  readonly content?: string
  readonly target?: string
  readonly device?: bigint
  readonly links?: number
  /** The first name of the same inode. */
  readonly same?: string
  readonly xattrs?: Readonly<Record<string, string>>
}

/**
 * Everything that a process can see below `path`, by name relative to it (byte strings); the root itself is `.`.
 * Times of directories are left out unless asked for: those of implied directories are anybody's.
 */
export function snapshot(path: string, options: { readonly directoryTimes?: boolean } = {}): Record<string, Seen> {
  const seen: Record<string, Seen> = {}
  const inodes = new Map<string, string>()
  const visit = (at: Buffer, name: string) => {
    // In a directory that no layer below has, overlayfs lists whiteouts, which then are not there: under dockerd too.
    const stat = lstatSync(at, { bigint: true, throwIfNoEntry: false })
    if (!stat) return
    const isDirectory = stat.isDirectory()
    const key = `${stat.dev}:${stat.ino}`
    const same = isDirectory ? undefined : inodes.get(key)
    if (same === undefined) inodes.set(key, name)
    const xattrs = Object.fromEntries(
      listXattrs(at)
        .filter(xattr => !xattr.startsWith('trusted.overlay.'))
        .sort((a, b) => (a < b ? -1 : 1))
        .map(xattr => [xattr, getXattr(at, Buffer.from(xattr, 'latin1'))!.toString('latin1')]),
    )
    seen[name] = {
      mode: Number(stat.mode).toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      mtime: isDirectory && (!options.directoryTimes || name === '.') ? 0n : stat.mtimeNs,
      ...(stat.isFile() && { size: Number(stat.size), content: readFileSync(at, 'latin1') }),
      ...(stat.isSymbolicLink() && { target: readlinkSync(at, 'latin1') }),
      ...((stat.isCharacterDevice() || stat.isBlockDevice()) && { device: stat.rdev }),
      ...(!isDirectory && { links: Number(stat.nlink) }),
      ...(same !== undefined && { same }),
      ...(Object.keys(xattrs).length > 0 && { xattrs }),
    }
    if (!isDirectory) return
    for (const child of readdirSync(at, { encoding: 'latin1' }).sort((a, b) => (a < b ? -1 : 1))) {
      visit(Buffer.concat([at, Buffer.from(`/${child}`, 'latin1')]), name === '.' ? child : `${name}/${child}`)
    }
  }
  visit(Buffer.from(path), '.')
  return seen
}

/** The names below `path` and, of files, the content: enough for what layers make of each other. */
export function outline(path: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot(path))
      .filter(([name]) => name !== '.')
      .map(([name, { content, target }]) => [name, content ?? (target === undefined ? '' : `-> ${target}`)]),
  )
}
