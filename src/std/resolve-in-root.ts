import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, StrataError } from './errors.ts'

const MOST_LINKS = 255

/**
 * Where `path` leads for a process whose root is `root`: symlinks are followed as that process would, and never lead out of
 * the root. Components that do not exist are taken as they are.
 */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  const left = path.split('/').reverse()
  let resolved: string[] = []
  let links = 0
  while (left.length > 0) {
    const part = left.pop()!
    if (part === '' || part === '.') continue
    if (part === '..') {
      resolved.pop()
      continue
    }
    const target = await linkTarget(join(root, ...resolved, part))
    if (target === undefined) {
      resolved.push(part)
      continue
    }
    if (++links > MOST_LINKS) throw new StrataError('invalid_argument', `too many symbolic links in ${path}`)
    if (target.startsWith('/')) resolved = []
    left.push(...target.split('/').reverse())
  }
  return join(root, ...resolved)
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
