import { orAborted } from './abort.ts'

/** A bounded number of places, given out in order of arrival. */
export class Slots {
  #free: number
  readonly #queue: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Whether `acquire` would give a place at once. */
  get available(): boolean {
    return this.#free > 0
  }

  /** Waits for a place and holds it until the returned handle is disposed; rejects when `signal` is aborted. */
  async acquire(signal?: AbortSignal): Promise<Disposable> {
    if (this.#free > 0) this.#free--
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#queue.push(resolve)
      try {
        await orAborted(promise, signal)
      } catch (error) {
        const at = this.#queue.indexOf(resolve)
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
    const next = this.#queue.shift()
    if (next) next()
    else this.#free++
  }
}
