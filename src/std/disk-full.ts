import { errnoOf, isStrataError, StrataError } from './errors.ts'

const texts: Readonly<Record<string, string>> = { ENOSPC: 'no space left on device', EDQUOT: 'disk quota exceeded' }

/** What to throw for a failed write: `unavailable` when the disk or the quota is full, else the error itself. */
export function diskError(error: unknown): unknown {
  const text = texts[errnoOf(error) ?? '']
  if (text === undefined) return error
  return new StrataError('unavailable', text, { cause: error, details: { diskFull: true } })
}

/** Whether a failure, or what caused it, is a full disk or quota. */
export function isDiskFull(error: unknown): boolean {
  if ((errnoOf(error) ?? '') in texts) return true
  if (isStrataError(error) && error.details.diskFull === true) return true
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause)
}
