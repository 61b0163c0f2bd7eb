import { errnoOf } from '../std/index.ts'
import { addon, type PathLike } from './addon.ts'

/** The value of an extended attribute of `path` itself (links are not followed), or undefined when it has none of that name. */
export function getXattr(path: PathLike, name: PathLike): Buffer | undefined {
  return addon().lgetxattr(path, name)
}

/** Names of the extended attributes of `path` itself; each character is one byte (latin1). */
export function listXattrs(path: PathLike): string[] {
  const list = addon().llistxattr(path).toString('latin1')
  return list === '' ? [] : list.slice(0, -1).split('\0')
}

/** Sets an extended attribute of `path` itself, made or replaced. */
export function setXattr(path: PathLike, name: PathLike, value: Uint8Array): void {
  addon().lsetxattr(path, name, value, 0)
}

/** Removes an extended attribute of `path` itself; no error when there is none. */
export function removeXattr(path: PathLike, name: PathLike): void {
  try {
    addon().lremovexattr(path, name)
  } catch (error) {
    if (errnoOf(error) !== 'ENODATA') throw error
  }
}
