import { isStrataError, StrataError } from '../std/index.ts'

/**
 * Behind compressed data that has come whole, with its checks, lies something that is no more of it. Whether that matters is
 * for who knows what should have come: it is thrown after the last of the data has been given out.
 */
export function trailing(message: string): StrataError {
  return new StrataError('invalid_argument', message, { details: { trailing: true } })
}

export function isTrailing(error: unknown): boolean {
  return isStrataError(error) && error.details.trailing === true
}
