import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../std/index.ts'

/** Brings things to the platter in the background, some time after they were written. */
export interface Syncer {
  /** Has `work` done when things have calmed down: `pause` milliseconds after the latest call. A failure is logged. */
  schedule(key: string, work: () => Promise<void>): void
  /** Forgets about `key`, and waits when its work is under way. */
  forget(key: string): Promise<void>
  /** Does all that is waiting now; resolves when it is done. */
  flush(): Promise<void>
}

export function openSyncer(pause: number, log: Logger): Syncer {
  const waiting = new Map<string, () => Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let current: { readonly key: string; readonly done: Promise<void> } | undefined
  const drain = async () => {
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [key, work] = next.value
      waiting.delete(key)
      const done = work().catch((error: unknown) => log.warn({ err: error, key }, 'could not sync'))
      current = { key, done }
      await done
      current = undefined
      // One file after the other, with air between: readers of the same disk come first.
      await sleep(0)
    }
  }
  const run = () => {
    clearTimeout(timer)
    timer = undefined
    running = running.then(drain)
    return running
  }
  return {
    schedule(key, work) {
      waiting.set(key, work)
      clearTimeout(timer)
      timer = setTimeout(run, pause).unref()
    },
    async forget(key) {
      waiting.delete(key)
      if (current?.key === key) await current.done
    },
    flush: run,
  }
}
