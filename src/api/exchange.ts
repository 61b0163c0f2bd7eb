import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Bytes } from '../std/index.ts'
import type { Endpoint } from './endpoints.ts'
import type { Query } from './query.ts'

/** One request that was found to be for an endpoint of ours, in a version that we speak. */
export interface Call {
  readonly headers: IncomingHttpHeaders
  /** Values of the `{parameters}` of the endpoint's path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  /** x of the API version 1.x that the client speaks. */
  readonly minor: number
  readonly bytes: Bytes
  /** Aborted when the client goes away before it has its answer, and when the server closes. */
  readonly signal: AbortSignal
}

/** A call that is answered with an ordinary response. */
export interface Exchange extends Call {
  readonly response: ServerResponse
}

export type Handler = (exchange: Exchange) => Promise<void>

/** A call that takes the connection over: `bytes` ends with its body, and what follows on the socket is the client's input. */
export interface HijackCall extends Call {
  /** Answers in HTTP after all, and ends the connection. */
  reply(status: number): void
  /** Sends the head of the answer (`101 UPGRADED` for those that asked to upgrade) and hands the connection over. */
  takeOver(contentType: string): Connection
  /** Whether the client asked for `Upgrade: tcp`. */
  readonly upgrade: boolean
}

export interface Connection {
  readonly socket: Socket
  /** Input that arrived together with the request. */
  readonly head: Uint8Array
}

export type HijackHandler = (call: HijackCall) => Promise<void>

/** What a router implements. */
export interface Routes {
  readonly plain: Readonly<Partial<Record<Endpoint, Handler>>>
  readonly hijacking?: Readonly<Partial<Record<Endpoint, HijackHandler>>>
}
