import { collectGarbage, type Swept } from '../gc/index.ts'
import type { EngineParts } from './parts.ts'

/** After this time in milliseconds what was let go is collected: whoever let it go has its answer by then. */
const SOON = 200
/** What was let go without anybody saying so is found this often, in milliseconds. */
const PERIOD = 3_600_000

/** Collects garbage behind the scenes, one collection at a time: at the start, after removals, and every hour. */
export class Collector {
  readonly #parts: EngineParts
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #period: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  /** Begins; the first collection is for what an earlier engine left. */
  start(): void {
    this.#period = setInterval(() => this.soon(), PERIOD).unref()
    this.soon()
  }

  /** Something was let go: it is collected in the background. */
  soon(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.collect(() => {}).catch(error => this.#parts.log.warn({ err: error }, 'collecting garbage failed'))
    }, SOON).unref()
  }

  /**
   * Does `work`, which lets things go, and collects them, with no other collection in between: what this one says that it
   * gave back is what `work` let go, and the space is there when it resolves.
   */
  collect<T>(work: () => T): Promise<{ readonly result: T; readonly swept: Swept }> {
    const collected = this.#last.then(async () => {
      const result = work()
      const swept = await collectGarbage(this.#parts)
      await this.#parts.layers.settle()
      return { result, swept }
    })
    this.#last = collected.catch(() => {})
    return collected
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
    clearInterval(this.#period)
    await this.#last
  }
}
