import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Change } from '../layers/index.ts'
import { errnoOf, resolveInRoot } from '../std/index.ts'

/**
 * What a container has whatever its image: the places that the runtime mounts over, and `/.dockerenv`, by which programs
 * tell that they run in a container. Docker keeps these in a layer of their own; they are no changes of the container.
 */
const initFiles: readonly (readonly [path: string, kind: 'folder' | 'file' | { readonly target: string }])[] = [
  ['/dev/pts', 'folder'],
  ['/dev/shm', 'folder'],
  ['/proc', 'folder'],
  ['/sys', 'folder'],
  ['/.dockerenv', 'file'],
  ['/etc/resolv.conf', 'file'],
  ['/etc/hosts', 'file'],
  ['/etc/hostname', 'file'],
  ['/dev/console', 'file'],
  ['/etc/mtab', { target: '/proc/mounts' }],
]

/** Makes what is missing of them in a mounted rootfs; symlinks of the image never lead out of it. */
export async function makeInitFiles(rootfs: string): Promise<void> {
  for (const [path, kind] of initFiles) {
    const folder = await resolveInRoot(rootfs, dirname(path))
    const place = join(folder, basename(path))
    try {
      await lstat(place)
      continue
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
    }
    await mkdir(folder, { recursive: true, mode: 0o755 })
    if (kind === 'folder') await mkdir(place, { mode: 0o755 })
    else if (kind === 'file') await writeFile(place, '', { mode: 0o755, flag: 'wx' })
    else await symlink(kind.target, place)
  }
}

const paths: ReadonlySet<string> = new Set(initFiles.map(([path]) => path))

/** The changes without what {@link makeInitFiles} made, and without the folders that changed for that alone. */
export function withoutInitFiles(changes: readonly Change[]): Change[] {
  const own = changes.filter(({ path, kind }) => !(paths.has(path) && kind === 'added'))
  return own.filter(({ path, kind }) => {
    if (path !== '/etc' && path !== '/dev') return true
    return own.some(other => other.path.startsWith(`${path}/`)) || (kind === 'modified' && !touched(changes, path))
  })
}

function touched(changes: readonly Change[], folder: string): boolean {
  return changes.some(({ path, kind }) => kind === 'added' && paths.has(path) && dirname(path) === folder)
}
