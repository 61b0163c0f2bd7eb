import { orAborted } from './abort.ts'

interface Waiting {
  readonly rank: number
  readonly serve: () => void
}

/** A bounded number of places, given to the lowest rank first, and within it in order of arrival. */
export class Slots {
  #limit: number
  #taken = 0
  /** In the order in which they will be served. */
  readonly #queue: Waiting[] = []

  /** `limit`: 0 for as many as are wanted. */
  constructor(limit: number) {
    this.#limit = limit || Number.POSITIVE_INFINITY
  }

  /** Whether `acquire` would give a place at once. */
  get available(): boolean {
    return this.#taken < this.#limit
  }

  /** From now on there are so many places; nobody loses one that he has. */
  resize(limit: number): void {
    this.#limit = limit || Number.POSITIVE_INFINITY
    this.#serve()
  }

  /** Waits for a place and holds it until the returned handle is disposed; rejects when `signal` is aborted. */
  async acquire(signal?: AbortSignal, rank = 0): Promise<Disposable> {
    if (this.available) this.#taken++
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      const waiting = { rank, serve: resolve }
      const behind = this.#queue.findIndex(each => each.rank > rank)
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, waiting)
      try {
        await orAborted(promise, signal)
      } catch (error) {
        const at = this.#queue.indexOf(waiting)
        if (at >= 0) this.#queue.splice(at, 1)
        else this.#release()
        throw error
      }
    }
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (held) this.#release()
        held = false
      },
    }
  }

  #release(): void {
    this.#taken--
    this.#serve()
  }

  /** Gives free places to those who wait. */
  #serve(): void {
    while (this.available) {
      const next = this.#queue.shift()
      if (!next) return
      this.#taken++
      next.serve()
    }
  }
}
