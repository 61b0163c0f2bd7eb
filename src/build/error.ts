import { StrataError } from '../std/index.ts'

/** The error for a Dockerfile that says what can't be. */
export function badDockerfile(message: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', message, cause === undefined ? {} : { cause })
}

/** A text in the form that Go's `%q` gives it. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}
