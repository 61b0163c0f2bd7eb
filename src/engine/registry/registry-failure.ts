import { type ErrorCode, isStrataError, StrataError } from '../../std/index.ts'

/**
 * A failure at a registry as the API tells it: what the registry or the way to it did wrong is an internal error there, as
 * in dockerd, not one of the engine being unavailable. What the registry calls its problem decides where it does in dockerd.
 */
export function registryFailure(error: unknown): unknown {
  if (!isStrataError(error)) return error
  const code = codeOf(error)
  return code === error.code ? error : new StrataError(code, error.message, { cause: error, details: error.details })
}

function codeOf({ code, details }: StrataError): ErrorCode {
  const problem = (details.problem as { readonly code?: unknown } | undefined)?.code
  if (problem === 'TOOMANYREQUESTS') return 'too_many_requests'
  if (problem === 'UNKNOWN') return 'internal'
  if (code === 'unauthorized' && problem === 'DENIED') return 'forbidden'
  // A missing login that a registry can't be asked for either.
  const unasked = code === 'unauthorized' && details.words === 'no basic auth credentials'
  return code === 'unavailable' || unasked ? 'internal' : code
}
