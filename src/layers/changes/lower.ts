import type { BigIntStats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { getXattr } from '../../host/index.ts'
import { errnoOf } from '../../std/index.ts'
import { S_IFCHR, S_IFDIR, S_IFMT } from '../tree/node.ts'

/** What `docker diff` compares of a file. */
export interface FileFacts {
  /** Type and permissions. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Device number of device nodes, as the kernel tells it; 0 for all others. */
  readonly device: number
  readonly size: number
  /** Of the last change of what it holds; undefined when it is not known, which is no difference to any. */
  readonly time: { readonly seconds: number; readonly nanoseconds: number } | undefined
  /** The value of `security.capability`. */
  readonly capability: Uint8Array | undefined
}

/** A directory as it was before a writable changed it. Names are byte strings (latin1). */
export interface LowerDirectory {
  get(name: string): Promise<LowerEntry | undefined>
  names(): Promise<Iterable<string>>
  /** The names of what was made in the changed tree itself before anything was changed. */
  made?(): Promise<readonly string[]>
}

export interface LowerEntry {
  readonly facts: FileFacts
  /** Where a symbolic link leads, when that counts besides the facts. A byte string. */
  readonly target?: string
  /** Present for directories. */
  readonly directory?: LowerDirectory
}

const SLASH = Buffer.from('/')

/** A path with bytes of any encoding, one name further down. */
export function below(directory: Uint8Array, name: string): Buffer {
  return Buffer.concat([directory, SLASH, Buffer.from(name, 'latin1')])
}

/** @param capability the value of its `security.capability`. */
export function factsOf(stat: BigIntStats, capability?: Uint8Array): FileFacts {
  const mode = Number(stat.mode)
  const type = mode & S_IFMT
  return {
    mode,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    device: Number(stat.rdev),
    size: type === S_IFDIR ? 0 : Number(stat.size),
    time: { seconds: Number(stat.mtimeNs / 1_000_000_000n), nanoseconds: Number(stat.mtimeNs % 1_000_000_000n) },
    capability,
  }
}

/** The value of a file's `security.capability`. */
export function capabilityOf(path: Uint8Array): Uint8Array | undefined {
  return getXattr(path, 'security.capability')
}

/** As dockerd's `statDifferent`: sizes and times of directories don't count. */
export function differs(old: FileFacts, now: FileFacts): boolean {
  if (old.mode !== now.mode || old.uid !== now.uid || old.gid !== now.gid || old.device !== now.device) return true
  if (Buffer.compare(old.capability ?? Buffer.alloc(0), now.capability ?? Buffer.alloc(0)) !== 0) return true
  if ((now.mode & S_IFMT) === S_IFDIR) return false
  return old.size !== now.size || !sameTime(old.time, now.time)
}

/** Times of which one has no nanoseconds are compared by their seconds. */
function sameTime(a: FileFacts['time'], b: FileFacts['time']): boolean {
  if (!a || !b) return true
  if (a.seconds !== b.seconds) return false
  return a.nanoseconds === b.nanoseconds || a.nanoseconds === 0 || b.nanoseconds === 0
}

export async function lstatOrNothing(path: Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

export function isWhiteoutStat(stat: BigIntStats): boolean {
  return (Number(stat.mode) & S_IFMT) === S_IFCHR && stat.rdev === 0n
}

export function isOpaque(directory: Uint8Array): boolean {
  return getXattr(directory, 'trusted.overlay.opaque')?.toString() === 'y'
}

/** The names in a folder, as byte strings. */
export async function namesIn(directory: Buffer): Promise<string[]> {
  return readdir(directory, { encoding: 'latin1' })
}

/** What overlayfs shows of folders stacked on each other, the topmost first. */
export function stackedDirectory(folders: readonly Buffer[]): LowerDirectory {
  return {
    get: name => lookUp(folders, name),
    async names() {
      const removed = new Set<string>()
      const names = new Set<string>()
      for (const folder of folders) {
        for (const name of await namesIn(folder)) {
          if (names.has(name) || removed.has(name)) continue
          const stat = await lstatOrNothing(below(folder, name))
          if (stat && isWhiteoutStat(stat)) removed.add(name)
          else names.add(name)
        }
      }
      return names
    },
  }
}

async function lookUp(folders: readonly Buffer[], name: string): Promise<LowerEntry | undefined> {
  const merged: Buffer[] = []
  let facts: FileFacts | undefined
  for (const folder of folders) {
    const path = below(folder, name)
    const stat = await lstatOrNothing(path)
    if (!stat) continue
    if (isWhiteoutStat(stat)) break
    if (!stat.isDirectory()) {
      if (!facts) return { facts: factsOf(stat, capabilityOf(path)) }
      break
    }
    facts ??= factsOf(stat, capabilityOf(path))
    merged.push(path)
    if (isOpaque(path)) break
  }
  return facts && { facts, directory: stackedDirectory(merged) }
}

/** The same directory, which looks at each name once. For few names: what was found is kept. */
export function remembering(directory: LowerDirectory): LowerDirectory {
  const known = new Map<string, Promise<LowerEntry | undefined>>()
  const look = async (name: string): Promise<LowerEntry | undefined> => {
    const found = await directory.get(name)
    return found?.directory ? { ...found, directory: remembering(found.directory) } : found
  }
  return {
    ...directory,
    get(name) {
      const entry = known.get(name) ?? look(name)
      known.set(name, entry)
      return entry
    },
  }
}

/** What is at a path (absolute, a byte string) below a directory, links not followed. */
export async function entryAt(root: LowerDirectory, path: string): Promise<LowerEntry | undefined> {
  let directory: LowerDirectory | undefined = root
  let found: LowerEntry | undefined
  for (const name of path.slice(1).split('/')) {
    found = await directory?.get(name)
    directory = found?.directory
  }
  return found
}
