import { errnoOf } from '../std/index.ts'

const errnos: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET'])

/**
 * Whether a connect to a unix socket has failed because nobody listens there (any more). ECONNRESET is one of these: the
 * listener ended between the connect and its accept.
 */
export function nobodyListens(error: unknown): boolean {
  return errnos.has(errnoOf(error))
}
