import { delay, errnoOf } from '../std/index.ts'
import { addon, type PathLike } from './addon.ts'
import { findMount, readMountTable } from './mount-table.ts'

/** Flags of mount(2). */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  noAtime: 1024,
  bind: 4096,
  move: 8192,
  recursive: 16384,
  silent: 32768,
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  relatime: 1 << 21,
  strictAtime: 1 << 24,
} as const

/** Attributes of fsmount(2), for {@link mountWithOptions}. */
export const MountAttribute = { readOnly: 1, noSuid: 2, noDev: 4, noExec: 8, noAtime: 0x10 } as const

const MNT_DETACH = 2
const UMOUNT_NOFOLLOW = 8

export interface MountOptions {
  /** The device, folder or free text that is mounted; absent for changes of a mount that exists. */
  readonly source?: PathLike
  readonly type?: string
  /** {@link MountFlag}s, or-ed. */
  readonly flags?: number
  /** The file system's own options, `a=b,c`: at most 4095 bytes, more throws E2BIG. */
  readonly data?: PathLike
  /** Relative paths in `source`, `data` and the target are seen from this folder, which keeps `data` short. */
  readonly cwd?: PathLike
}

/** mount(2). */
export function mount(target: PathLike, options: MountOptions): void {
  const { source = null, type = null, flags = 0, data = null, cwd } = options
  if (cwd === undefined) addon().mount(source, target, type, flags, data)
  else addon().mountIn(cwd, source, target, type, flags, data)
}

/**
 * Mounts by fsopen(2) and its family (Linux 5.2), which has no limit on all options together.
 * @param options in order; null marks a flag. A value of 256 bytes or more must be the path of a folder, for an option
 *   like overlay's `lowerdir+` (Linux 6.5), `upperdir` and `workdir`.
 * @param attributes {@link MountAttribute}s, or-ed.
 * Errors carry what the kernel said about the options.
 */
export function mountWithOptions(
  target: PathLike,
  type: string,
  options: readonly (readonly [string, PathLike | null])[],
  attributes = 0,
): void {
  addon().fsMount(type, options, target, attributes)
}

/** Makes `target` show what `source` (a folder or file) shows; read-only when asked. */
export function bindMount(source: PathLike, target: PathLike, options: { readonly readOnly?: boolean } = {}): void {
  mount(target, { source, flags: MountFlag.bind | MountFlag.recursive })
  if (options.readOnly) mount(target, { flags: MountFlag.bind | MountFlag.remount | MountFlag.readOnly })
}

export interface UnmountOptions {
  /** What to do when it stays busy: `detach` (the default) takes it out of the tree at once and lets the last user end it. */
  readonly whenBusy?: 'detach' | 'fail'
}

const BUSY_ATTEMPTS = 5

/**
 * Unmounts the topmost mount at `target`, never following a link. A busy one is tried again for about 0.3 s first.
 * @returns false when nothing was mounted there (or there is no such path).
 */
export async function unmount(target: PathLike, options: UnmountOptions = {}): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      addon().umount2(target, UMOUNT_NOFOLLOW)
      return true
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'EINVAL' || code === 'ENOENT') return false
      if (code !== 'EBUSY') throw error
      if (attempt === BUSY_ATTEMPTS) {
        if (options.whenBusy === 'fail') throw error
        return detach(target)
      }
    }
    await delay(10 * 2 ** attempt)
  }
}

/** Takes the topmost mount at `target`, and all below it, out of the tree at once. False when nothing was mounted there. */
export function detach(target: PathLike): boolean {
  try {
    addon().umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW)
    return true
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EINVAL' || code === 'ENOENT') return false
    throw error
  }
}

/** Whether something is mounted at exactly `path`; false when there is no such path. */
export async function isMountPoint(path: string): Promise<boolean> {
  let known: boolean | undefined
  try {
    known = addon().isMountRoot(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
  return known ?? findMount(await readMountTable(), path)?.mountPoint === path
}
