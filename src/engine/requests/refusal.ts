import { StrataError } from '../../std/index.ts'

/** A reason to refuse a request: when it holds, and Docker's words for it. */
export type Refusal<T> = readonly [holds: (asked: T) => boolean, words: string | ((asked: T) => string)]

/** Throws the first refusal that holds. */
export function refuse<T>(asked: T, refusals: readonly Refusal<T>[]): void {
  for (const [holds, words] of refusals) {
    if (holds(asked)) throw refused(typeof words === 'string' ? words : words(asked))
  }
}

export function refused(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
