/**
 * One error class for everything that can go wrong outside our own code. Bugs throw plain `Error`.
 *
 * The `message` is the text a user sees; where Docker has a text for the case, it is Docker's. Exactly two places
 * translate: `api` to Docker's HTTP status, `registry` to distribution error codes.
 */
export type ErrorCode =
  | 'not_found'
  | 'already_exists'
  | 'invalid_argument'
  | 'failed_precondition'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'unavailable'
  | 'too_many_requests'
  | 'not_modified'
  | 'not_implemented'
  | 'canceled'
  | 'internal'

export interface StrataErrorOptions {
  readonly cause?: unknown
  /** Machine-readable facts about the failure; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

export class StrataError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: StrataErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StrataError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** True when `error` is a {@link StrataError}, of the given code when one is named. */
export function isStrataError(error: unknown, code?: ErrorCode): error is StrataError {
  return error instanceof StrataError && (code === undefined || error.code === code)
}

/** The errno name (`ENOENT`, …) that a system call failed with, or undefined when `error` is of another kind. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) {
    return error.code
  }
  return undefined
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
