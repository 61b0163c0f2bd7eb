import { errnoOf, messageOf } from '../std/index.ts'

/** Whether a failure, or what caused it, is a full disk or quota. */
export function isDiskFull(error: unknown): boolean {
  const errno = errnoOf(error)
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return true
  if (/no space left on device|disk quota exceeded/.test(messageOf(error))) return true
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause)
}
