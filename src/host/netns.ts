import { unlink } from 'node:fs/promises'
import { errnoOf } from '../std/index.ts'
import { addon } from './addon.ts'
import { detach } from './mount.ts'

/** Makes a network namespace with `lo` up that lives until {@link removeNetns}, by a mount on the new file `path`. */
export function createNetns(path: string): Promise<void> {
  return addon().createNetns(path)
}

/** Lets go of a namespace; it ends when no process is in it. Idempotent. */
export async function removeNetns(path: string): Promise<void> {
  while (detach(path)) {
    // Mounted several times: take every one away.
  }
  try {
    await unlink(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
