import type { CheckMessage } from '../apitypes/index.ts'
import type { Connection } from './client.ts'
import { lines } from './send.ts'

/** Has the engine verify its whole store; the last message is `done`. */
export function checkSystem(
  connection: Connection,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<CheckMessage> {
  return lines(connection, { method: 'POST', path: '/strata/system/check', ...options })
}
