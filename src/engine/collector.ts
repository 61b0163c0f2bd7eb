import { statfs } from 'node:fs/promises'
import { collectGarbage, type Swept } from '../gc/index.ts'
import type { RemovedImage } from '../images/index.ts'
import { isDiskFull } from '../std/index.ts'
import type { EngineParts } from './parts.ts'

/** After this time in milliseconds what was let go is collected: whoever let it go has its answer by then. */
const SOON = 200
/** What was let go without anybody saying so is found this often, in milliseconds. */
const PERIOD = 3_600_000
/** Whether removed images have to go is looked at this often, in milliseconds. */
const WATCH = 15_000

/**
 * Collects garbage behind the scenes, one collection at a time: at the start, after removals, and every hour. Removed
 * images are forgotten when their time has passed, and the oldest of them before that when the disk runs full.
 */
export class Collector {
  readonly #parts: EngineParts
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  readonly #periods: NodeJS.Timeout[] = []
  #closed = false

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  /** Begins; the first collection is for what an earlier engine left. */
  start(): void {
    this.#periods.push(setInterval(() => this.soon(), PERIOD).unref())
    this.#periods.push(setInterval(() => void this.#attempt(this.#watch()), WATCH).unref())
    this.soon()
  }

  /** Something was let go: it is collected in the background. */
  soon(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#attempt(this.collect(() => {}))
    }, SOON).unref()
  }

  /**
   * Does `work`, which lets things go, and collects them, with no other collection in between: what this one says that it
   * gave back is what `work` let go, and the space is there when it resolves. `unfinished`: what was not brought to its end
   * and nobody leases goes as well, however new it is.
   */
  collect<T>(
    work: () => T,
    { unfinished = false }: { readonly unfinished?: boolean } = {},
  ): Promise<{ readonly result: T; readonly swept: Swept }> {
    const collected = this.#last.then(async () => {
      this.#forgetExpired()
      const result = work()
      const swept = await collectGarbage({ ...this.#parts, unfinished })
      await this.#parts.layers.settle()
      return { result, swept }
    })
    this.#last = collected.catch(() => {})
    return collected
  }

  /**
   * Does `work`. When the disk is full for it, all that could be restored is given up; if that gave something back, `work`
   * is done once more where it is `repeatable`, and else fails, for the user to begin it again.
   */
  async makingRoom<T>(work: () => Promise<T>, { repeatable }: { readonly repeatable: boolean }): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      const { swept } = await this.collect(() => this.#parts.images.forgetRemoved(() => true))
      if (!repeatable || swept.bytes === 0) throw error
      return await work()
    }
  }

  /** Does what is due now, and waits for the end of it. */
  async settle(): Promise<void> {
    if (this.#timer) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      await this.collect(() => {})
    }
    await this.#last
  }

  /** Ends after the collection that is under way. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const period of this.#periods) clearInterval(period)
    await this.#last
  }

  /** Milliseconds since the epoch: what was removed before is forgotten. */
  get #limit(): number {
    return Date.now() - this.#parts.config.imageUndoPeriod * 1000
  }

  #forgetExpired(): void {
    const { images } = this.#parts
    images.forgetNames(this.#limit)
    images.forgetRemoved(({ at }) => at < this.#limit)
  }

  async #watch(): Promise<void> {
    const removed = Array.from(this.#parts.images.removedImages()).sort((a, b) => a.at - b.at)
    if (removed.length === 0) return
    if (removed[0]!.at < this.#limit) this.soon()
    const { bavail, bsize } = await statfs(this.#parts.config.dataRoot)
    let missing = this.#parts.config.imageUndoReserve - bavail * bsize
    for (const { record } of removed) {
      if (missing <= 0 || this.#closed) return
      const isIt = (image: RemovedImage) => image.record.id === record.id
      const { swept } = await this.collect(() => this.#parts.images.forgetRemoved(isIt))
      this.#parts.log.info({ image: record.id, bytes: swept.bytes }, 'a removed image was given up for space')
      missing -= swept.bytes
    }
  }

  async #attempt(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'collecting garbage failed')
    }
  }
}
