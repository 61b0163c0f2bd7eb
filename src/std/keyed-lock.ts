import { orAborted } from './abort.ts'

/** Mutual exclusion by name: holders of one key queue in order of arrival, different keys never wait for each other. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  /** Waits for `key` to be free and holds it until the returned handle is disposed; rejects when `signal` is aborted. */
  async acquire(key: string, signal?: AbortSignal): Promise<Disposable> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const tail = before.then(() => promise)
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    try {
      await orAborted(before, signal)
    } catch (error) {
      resolve()
      throw error
    }
    return { [Symbol.dispose]: resolve }
  }
}
