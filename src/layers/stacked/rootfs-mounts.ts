import { open } from 'node:fs/promises'
import { detach } from '../../host/index.ts'
import { errnoOf } from '../../std/index.ts'

/** Unmounts overlays without making anybody wait for the disk. */
export interface RootfsMounts {
  /** Unmounts all that is mounted at `target` and below; false when nothing was. */
  unmount(target: string): Promise<boolean>
  /** Waits until what was unmounted, at `target` or anywhere, has ended for good. */
  settle(target?: string): Promise<void>
}

/**
 * The end of an overlay writes the whole file system of its upper folder to the disk (fs/overlayfs, `ovl_sync_fs`):
 * seconds, after a pull. Therefore it is taken out of the tree while a descriptor still holds it, and ends when
 * that is closed, on a thread that nobody waits for.
 */
export function rootfsMounts(): RootfsMounts {
  const ending = new Map<string, Promise<void>>()
  return {
    async unmount(target) {
      let unmounted = false
      for (;;) {
        const handle = await open(target, 'r').catch((error: unknown) => {
          if (errnoOf(error) === 'ENOENT') return undefined
          throw error
        })
        if (!handle) return unmounted
        if (!detach(target)) {
          await handle.close()
          return unmounted
        }
        unmounted = true
        const end = Promise.allSettled([ending.get(target), handle.close()]).then(() => {
          if (ending.get(target) === end) ending.delete(target)
        })
        ending.set(target, end)
      }
    },
    async settle(target) {
      if (target !== undefined) await ending.get(target)
      else await Promise.all(ending.values())
    },
  }
}
