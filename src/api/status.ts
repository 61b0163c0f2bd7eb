import { type ErrorCode, isStrataError } from '../std/index.ts'

/** The one translation of our error codes into HTTP, after moby's errdefs. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  not_found: 404,
  already_exists: 409,
  invalid_argument: 400,
  failed_precondition: 412,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  unavailable: 503,
  too_many_requests: 429,
  not_modified: 304,
  not_implemented: 501,
  canceled: 500,
  internal: 500,
}

/** Status and text for anything thrown. What is not a StrataError is a bug of ours: its text stays inside. */
export function describeError(error: unknown): { readonly status: number; readonly message: string } {
  if (!isStrataError(error)) return { status: 500, message: 'internal error' }
  return { status: statuses[error.code], message: error.message }
}
