import { constants } from 'node:fs'
import { lstat, mkdir, open, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StrataError } from '../std/index.ts'

const longestChain = 255
const largestFile = 16 * 1024 * 1024

/**
 * Where a path of a container leads on the host: symlinks are followed as the container would follow them, with the root
 * file system as `/`, so never out of it. What does not exist is taken literally.
 */
export async function resolveInRootfs(rootfs: string, path: string): Promise<string> {
  const rest = path.split('/')
  const done: string[] = []
  let links = 0
  while (rest.length > 0) {
    const name = rest.shift()!
    if (name === '' || name === '.') continue
    if (name === '..') {
      done.pop()
      continue
    }
    const target = await linkTarget(join(rootfs, ...done, name))
    if (target === undefined) {
      done.push(name)
      continue
    }
    links += 1
    if (links > longestChain) throw new StrataError('invalid_argument', `too many levels of symbolic links: ${path}`)
    if (target.startsWith('/')) done.length = 0
    rest.unshift(...target.split('/'))
  }
  return join(rootfs, ...done)
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * The text of a file of a container; empty when there is none, when it is no regular file, or when a process of the
 * container swapped a symlink in meanwhile that leads elsewhere.
 */
export async function readInRootfs(rootfs: string, path: string): Promise<string> {
  const resolved = await resolveInRootfs(rootfs, path)
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
    await mkdir(await resolveInRootfs(rootfs, path), { recursive: true, mode: 0o755 })
  } catch (cause) {
    if (errnoOf(cause) === 'EROFS') return
    if (errnoOf(cause) !== 'EEXIST' && errnoOf(cause) !== 'ENOTDIR') throw cause
    throw new StrataError('invalid_argument', `Cannot mkdir: ${path} is not a directory`, { cause })
  }
}
