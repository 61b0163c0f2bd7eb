import { readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { delay, errnoOf } from '../std/index.ts'
import { type MountEntry, readMountTable } from './mount-table.ts'

/**
 * The cgroup hierarchies of the machine. With version 2 all controllers share one hierarchy. With version 1 each set of
 * controllers has its own; a *hybrid* machine has, besides, a version 2 hierarchy that does not manage resources.
 */
export interface Cgroups {
  /** The version whose hierarchy manages resources; Docker's `CgroupVersion`. */
  readonly version: 1 | 2
  readonly hybrid: boolean
  /** Version 1: mount points by controller (`memory`, `cpu`, `name=systemd`, …). */
  readonly controllers: ReadonlyMap<string, string>
  /** Mount point of the version 2 hierarchy. */
  readonly unified: string | undefined
}

const ROOT = '/sys/fs/cgroup'
const NOT_CONTROLLERS = new Set(['rw', 'ro', 'none', 'xattr', 'noprefix', 'clone_children', 'cpuset_v2_mode'])

/** What the mount table tells of cgroups. */
export function cgroupsOf(table: readonly MountEntry[]): Cgroups {
  const controllers = new Map<string, string>()
  let unified: string | undefined
  for (const { type, mountPoint, superOptions } of table) {
    if (type === 'cgroup2') unified ??= mountPoint
    if (type !== 'cgroup') continue
    for (const option of superOptions.split(',')) {
      const isController = !NOT_CONTROLLERS.has(option) && (!option.includes('=') || option.startsWith('name='))
      if (isController && !controllers.has(option)) controllers.set(option, mountPoint)
    }
  }
  // A single controller may be mounted as version 1 beside a machine that is version 2 all the same.
  const version = unified === ROOT || (unified !== undefined && controllers.size === 0) ? 2 : 1
  return { version, hybrid: version === 1 && unified !== undefined, controllers, unified }
}

/** The hierarchies of this machine. */
export async function readCgroups(): Promise<Cgroups> {
  return cgroupsOf(await readMountTable())
}

/** The folders, one a hierarchy that manages resources, of the cgroup `path` (absolute inside the hierarchies). */
export function cgroupFolders(cgroups: Cgroups, path: string): string[] {
  const roots = cgroups.version === 2 ? [cgroups.unified ?? ROOT] : cgroups.controllers.values()
  return [...new Set(roots)].map(root => join(root, path))
}

/** The folder that has a controller's files for the cgroup `path`; undefined where version 1 has no such controller. */
export function cgroupFolder(cgroups: Cgroups, controller: string, path: string): string | undefined {
  const root = cgroups.version === 2 ? cgroups.unified : cgroups.controllers.get(controller)
  return root === undefined ? undefined : join(root, path)
}

/** Pids in the cgroup `path` and those below it, ascending; none when it does not exist. */
export async function cgroupPids(cgroups: Cgroups, path: string): Promise<number[]> {
  const found = await Promise.all(cgroupFolders(cgroups, path).map(pidsBelow))
  return [...new Set(found.flat())].sort((a, b) => a - b)
}

const REMOVE_ATTEMPTS = 6

/**
 * Removes the cgroup `path`, and those below it, from all hierarchies (the unified one of a hybrid machine too). Idempotent.
 * EBUSY when processes stay in it for more than about 0.6 s.
 */
export async function removeCgroup(cgroups: Cgroups, path: string): Promise<void> {
  await Promise.all(foldersOf(cgroups, path).map(removeFolder))
}

/** Removes the cgroup `path` wherever nothing is in it, neither a process nor another cgroup; leaves it elsewhere. */
export async function removeEmptyCgroup(cgroups: Cgroups, path: string): Promise<void> {
  for (const folder of foldersOf(cgroups, path)) {
    try {
      await rmdir(folder)
    } catch (error) {
      if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error
    }
  }
}

/** Where `path` is in all hierarchies, the unified one of a hybrid machine too. */
function foldersOf(cgroups: Cgroups, path: string): string[] {
  const unified = cgroups.hybrid && cgroups.unified !== undefined ? [join(cgroups.unified, path)] : []
  return [...cgroupFolders(cgroups, path), ...unified]
}

async function removeFolder(folder: string): Promise<void> {
  for (const child of await childFolders(folder)) await removeFolder(child)
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      // A process that has just exited still counts for a moment.
      if (errnoOf(error) !== 'EBUSY' || attempt === REMOVE_ATTEMPTS) throw error
    }
    await delay(5 * 2 ** attempt)
  }
}

async function pidsBelow(folder: string): Promise<number[]> {
  const text = await orEmpty(readFile(join(folder, 'cgroup.procs'), 'utf8'), '')
  const below = await Promise.all((await childFolders(folder)).map(pidsBelow))
  return [...text.split('\n').filter(Boolean).map(Number), ...below.flat()]
}

async function childFolders(folder: string): Promise<string[]> {
  const entries = await orEmpty(readdir(folder, { withFileTypes: true }), [])
  return entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name))
}

/** A cgroup may go, and its files with it (ENODEV), between any two looks at it. */
async function orEmpty<T>(work: Promise<T>, empty: T): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENODEV') return empty
    throw error
  }
}
