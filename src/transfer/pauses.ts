import { delay, isStrataError } from '../std/index.ts'

export interface PauseOptions {
  /** Length of a second of pauses, in milliseconds. */
  readonly second: number
  /** Told before each second of a pause. */
  readonly retrying: (seconds: number) => void
  readonly signal: AbortSignal
}

/** Seconds before the second, third, … attempt. */
const PAUSES = [1, 2, 5, 10]

/** Whether a failure is what the network and an overloaded registry do; not what a registry decided, nor a full disk. */
export function mayPass(error: unknown): boolean {
  if (!isStrataError(error, 'unavailable')) return false
  const { status, reason, retryAfter } = error.details
  if (typeof status === 'number' && status >= 400) return status >= 500 || status === 408 || retryAfter !== undefined
  return reason !== undefined
}

/** Waits before the next attempt: the more `failures`, the longer, or as long as the registry asks for. */
export async function pauseAfter(error: unknown, failures: number, options: PauseOptions): Promise<void> {
  const { second, retrying, signal } = options
  for (let left = secondsAfter(error, failures); left > 0; left--) {
    retrying(left)
    await delay(second, signal)
  }
}

function secondsAfter(error: unknown, failures: number): number {
  const asked = isStrataError(error) ? error.details.retryAfter : undefined
  if (typeof asked === 'number') return Math.min(60, Math.ceil(asked / 1000))
  return PAUSES[Math.min(failures, PAUSES.length) - 1]!
}
