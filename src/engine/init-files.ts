import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Placeholder } from '../layers/index.ts'
import { resolveInRoot } from '../std/index.ts'

/**
 * What a container has whatever its image: the places that the runtime mounts over, and `/.dockerenv`, by which programs
 * tell that they run in a container. Docker keeps these in a layer of their own; they are no changes of the container.
 */
export const initFiles: readonly Placeholder[] = [
  { path: '/dev/pts', kind: 'directory' },
  { path: '/dev/shm', kind: 'directory' },
  { path: '/proc', kind: 'directory' },
  { path: '/sys', kind: 'directory' },
  { path: '/.dockerenv', kind: 'file' },
  { path: '/etc/resolv.conf', kind: 'file' },
  { path: '/etc/hosts', kind: 'file' },
  { path: '/etc/hostname', kind: 'file' },
  { path: '/dev/console', kind: 'file' },
  { path: '/etc/mtab', kind: 'symlink', target: '/proc/mounts' },
]

/**
 * Makes what is missing of them in a mounted rootfs; symlinks of the image never lead out of it. Once the folders are
 * found the calls are synchronous: some twenty of a few microseconds each, on the road of every start.
 */
export async function makeInitFiles(rootfs: string): Promise<void> {
  const folders = new Map<string, string>()
  for (const folder of new Set(initFiles.map(({ path }) => dirname(path)))) {
    const found = await resolveInRoot(rootfs, folder)
    mkdirSync(found, { recursive: true, mode: 0o755 })
    folders.set(folder, found)
  }
  for (const { path, kind, target = '' } of initFiles) {
    const place = join(folders.get(dirname(path))!, basename(path))
    if (lstatSync(place, { throwIfNoEntry: false })) continue
    if (kind === 'directory') mkdirSync(place, { mode: 0o755 })
    else if (kind === 'file') writeFileSync(place, '', { mode: 0o755, flag: 'wx' })
    else symlinkSync(target, place)
  }
}

/** The links among them: all of them that takes room. */
export const initLinks: readonly string[] = initFiles.filter(({ kind }) => kind === 'symlink').map(({ path }) => path)
