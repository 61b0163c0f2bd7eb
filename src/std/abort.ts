import { StrataError } from './errors.ts'

/** The error for work that was given up because `signal` was aborted; the abort's own reason is its cause. */
export function canceled(signal: AbortSignal): StrataError {
  if (signal.reason instanceof StrataError) return signal.reason
  return new StrataError('canceled', 'context canceled', { cause: signal.reason })
}

/** Throws {@link canceled} when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw canceled(signal)
}

/** Waits `milliseconds`; rejects with {@link canceled} as soon as `signal` is aborted. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(canceled(signal))
      return
    }
    const onAbort = () => {
      clearTimeout(timer)
      reject(canceled(signal!))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Settles as `work` does, or rejects with {@link canceled} when `signal` is aborted first; `work` itself goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  // Its failure is nobody's any more.
  if (signal.aborted) work.catch(() => {})
  throwIfAborted(signal)
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(canceled(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
