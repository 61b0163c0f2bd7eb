import { isStrataError, type StrataError } from './errors.ts'

/** Reads something; what is refused of it (`invalid_argument`) is refused as `words` says it. */
export function reworded<T>(read: () => T, words: (message: string) => StrataError): T {
  try {
    return read()
  } catch (error) {
    throw isStrataError(error, 'invalid_argument') ? words(error.message) : error
  }
}
