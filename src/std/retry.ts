import { delay, throwIfAborted } from './abort.ts'

export interface RetryOptions {
  /** How often the work is tried in all. */
  readonly attempts: number
  /** The first pause in milliseconds; each further one doubles it, with up to half of it added at random. */
  readonly pause: number
  /** The longest pause in milliseconds. */
  readonly longest: number
  /** Whether this failure may pass; all others are thrown at once. */
  readonly retriable: (error: unknown) => boolean
  /** The pause in milliseconds that this failure asks for (`Retry-After`), instead of the doubling one. */
  readonly pauseOf?: (error: unknown) => number | undefined
  /** Told before each pause. */
  readonly onRetry?: (error: unknown, attempt: number, pause: number) => void
  readonly signal: AbortSignal
}

/** Does `work` until it succeeds, fails for good, or has been tried `attempts` times; throws its last error. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal)
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= options.attempts || options.signal.aborted || !options.retriable(error)) throw error
      const base = Math.min(options.longest, options.pause * 2 ** (attempt - 1))
      const pause = options.pauseOf?.(error) ?? base + Math.random() * (base / 2)
      options.onRetry?.(error, attempt, pause)
      await delay(pause, options.signal)
    }
  }
}
