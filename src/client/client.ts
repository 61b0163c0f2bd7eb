/**
 * A typed client of the engine's API, Docker's and our own endpoints, over a unix socket or TCP.
 *
 * A *connection* says where an engine is; it holds nothing open. A *verb* is one endpoint, with types for what goes and
 * comes. All of them throw `StrataError` with the engine's own text and the code that its HTTP status stands for, and
 * `unavailable` when there is no engine, or when it breaks off.
 *
 * Fast to load: nothing but node:http.
 */
import type { Address } from './address.ts'

export interface Connection {
  /** As the user gave it: `unix:///run/strata.sock`. */
  readonly host: string
  readonly address: Address
}

export interface Request {
  readonly method: 'GET' | 'POST'
  /** Path without query, its parts encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly signal?: AbortSignal
}
