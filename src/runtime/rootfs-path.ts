import { constants } from 'node:fs'
import { mkdir, open, readlink, realpath } from 'node:fs/promises'
import { errnoOf, resolveInRoot, StrataError } from '../std/index.ts'

const largestFile = 16 * 1024 * 1024

/**
 * The text of a file of a container; empty when there is none, when it is no regular file, or when a process of the
 * container swapped a symlink in meanwhile that leads elsewhere.
 */
export async function readInRootfs(rootfs: string, path: string): Promise<string> {
  const resolved = await resolveInRoot(rootfs, path)
  try {
    await using file = await open(resolved, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const [opened, inside, info] = await Promise.all([
      readlink(`/proc/self/fd/${file.fd}`),
      realpath(rootfs),
      file.stat(),
    ])
    if (!info.isFile() || info.size > largestFile || !opened.startsWith(inside === '/' ? inside : `${inside}/`))
      return ''
    return await file.readFile('utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return ''
    throw error
  }
}

/** Makes a folder of a container and those above it (root, 0755) where missing. Throws `invalid_argument`. */
export async function makeFolderInRootfs(rootfs: string, path: string): Promise<void> {
  try {
    await mkdir(await resolveInRoot(rootfs, path), { recursive: true, mode: 0o755 })
  } catch (cause) {
    if (errnoOf(cause) === 'EROFS') return
    if (errnoOf(cause) !== 'EEXIST' && errnoOf(cause) !== 'ENOTDIR') throw cause
    throw new StrataError('invalid_argument', `Cannot mkdir: ${path} is not a directory`, { cause })
  }
}
