import { errnoOf, StrataError } from '../std/index.ts'

/** What to throw for a failed write: `unavailable` when the disk or the quota is full, else the error itself. */
export function diskError(error: unknown): unknown {
  const errno = errnoOf(error)
  if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return error
  const text = errno === 'ENOSPC' ? 'no space left on device' : 'disk quota exceeded'
  return new StrataError('unavailable', text, { cause: error })
}
