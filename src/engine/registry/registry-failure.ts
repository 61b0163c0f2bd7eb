import { isStrataError, StrataError } from '../../std/index.ts'

/**
 * A failure at a registry as the API tells it: what the registry or the way to it did wrong is an internal error there, as
 * in dockerd, not one of the engine being unavailable. A missing login that a registry can't be asked for either.
 */
export function registryFailure(error: unknown): unknown {
  if (!isStrataError(error)) return error
  const unasked = error.code === 'unauthorized' && error.details.words === 'no basic auth credentials'
  if (error.code !== 'unavailable' && !unasked) return error
  return new StrataError('internal', error.message, { cause: error, details: error.details })
}
