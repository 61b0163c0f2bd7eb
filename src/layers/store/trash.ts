import { randomUUID } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../std/index.ts'

/** Deletes files and folders behind the scenes: what is put in is gone from its place at once. */
export interface Trash {
  /** Renames `path` away and deletes it in the background. */
  put(path: string): Promise<void>
  /** Deletes what an earlier process left, in the background. */
  sweep(): Promise<void>
  /** Waits for all deletions that are under way. */
  settle(): Promise<void>
}

/** `folder` must be there and on the file system of what is put in. */
export function openTrash(folder: string, log: Logger): Trash {
  const running = new Set<Promise<void>>()
  const destroy = (path: string) => {
    const work = discard(path)
      .catch((error: unknown) => log.warn({ err: error, path }, 'could not delete'))
      .finally(() => running.delete(work))
    running.add(work)
  }
  return {
    async put(path) {
      const target = join(folder, randomUUID())
      await rename(path, target)
      destroy(target)
    },
    async sweep() {
      for (const name of await readdir(folder)) destroy(join(folder, name))
    },
    async settle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** Deletes a folder or file with all that is in it, though a worker that is being stopped may still add to it. */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
}
