import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { addon, type PathLike } from './addon.ts'

const types = {
  char: constants.S_IFCHR,
  block: constants.S_IFBLK,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
} as const

export interface NodeOptions {
  readonly type: keyof typeof types
  /** Permission bits; the umask applies. */
  readonly mode: number
  /** Device numbers of `char` and `block`. */
  readonly major?: number
  readonly minor?: number
}

/** mknod(2): makes a device node, fifo or socket. */
export function makeNode(path: PathLike, options: NodeOptions): void {
  const { type, mode, major = 0, minor = 0 } = options
  addon().mknod(path, types[type] | mode, major, minor)
}

/** A time as the kernel keeps it: seconds since the epoch (may be negative), nanoseconds within the second. */
export interface FileTime {
  readonly seconds: number
  readonly nanoseconds: number
}

/** Sets the times of `path` itself; a link's own when it is one. */
export function setTimes(path: PathLike, times: { readonly atime: FileTime; readonly mtime: FileTime }): void {
  const { atime, mtime } = times
  addon().lutimens(path, atime.seconds, atime.nanoseconds, mtime.seconds, mtime.nanoseconds)
}

/** Writes the whole file system that `path` (a folder or file) is on to the disk: syncfs(2), off the event loop. */
export async function syncFileSystem(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await addon().syncfs(file.fd)
  } finally {
    await file.close()
  }
}
