import { type IncomingMessage, request } from 'node:http'
import { canceled, collect, type ErrorCode, errnoOf, fromReadable, jsonLines, StrataError } from '../std/index.ts'
import type { Connection, Request } from './client.ts'

/** The most bytes of an answer that is read whole. */
const LARGEST = 64 * 1024 * 1024

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'failed_precondition',
  501: 'not_implemented',
  503: 'unavailable',
}

/** Asks, and reads the whole answer as JSON. Throws what the engine says is wrong. */
export async function ask<T>(connection: Connection, asked: Request): Promise<T> {
  const response = await send(connection, asked)
  const text = (await collect(bytesOf(connection, response, asked.signal), LARGEST)).toString()
  return parsed(connection, text) as T
}

/**
 * Asks, and reads the answer line by line. Throws what the engine says is wrong, in the middle of the lines too: a line
 * `{"errorDetail":{"message":…},"error":…}` is thrown, not given.
 */
export async function* lines<T>(connection: Connection, asked: Request): AsyncGenerator<T> {
  const response = await send(connection, asked)
  for await (const line of jsonLines<T>(bytesOf(connection, response, asked.signal))) {
    const message = errorIn(line)
    if (message !== undefined) throw new StrataError('internal', message)
    yield line
  }
}

function errorIn(line: unknown): string | undefined {
  if (typeof line !== 'object' || line === null) return undefined
  const { error } = line as { error?: unknown }
  return typeof error === 'string' ? error : undefined
}

async function send(connection: Connection, { method, path, query = {}, signal }: Request): Promise<IncomingMessage> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  const target = search.size > 0 ? `${path}?${search}` : path
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request({ ...connection.address, method, path: target, agent: false, ...(signal && { signal }) }, resolve)
    .on('error', reject)
    .end()
  let response: IncomingMessage
  try {
    response = await promise
  } catch (error) {
    throw signal?.aborted ? canceled(signal) : unreachable(connection, error)
  }
  const status = response.statusCode ?? 500
  if (status < 400) return response
  const text = (await collect(bytesOf(connection, response, signal), LARGEST)).toString()
  throw new StrataError(
    codes[status] ?? 'internal',
    messageIn(text) ?? `the engine at ${connection.host} answered ${status}`,
  )
}

function messageIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}

function parsed({ host }: Connection, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StrataError('unavailable', `what answers at ${host} is no engine`, { cause: error })
  }
}

function unreachable({ host }: Connection, error: unknown): StrataError {
  const options = { cause: error }
  const errno = errnoOf(error)
  if (errno === 'EACCES') {
    return new StrataError('forbidden', `permission denied while trying to connect to the engine at ${host}`, options)
  }
  const refused = errno === 'ENOENT' || errno === 'ECONNREFUSED'
  const why = refused ? 'is it running?' : error instanceof Error ? error.message : String(error)
  return new StrataError('unavailable', `cannot connect to the engine at ${host}: ${why}`, options)
}

async function* bytesOf(
  { host }: Connection,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* fromReadable(response)
  } catch (error) {
    if (signal?.aborted) throw canceled(signal)
    throw new StrataError('unavailable', `the engine at ${host} broke its answer off`, { cause: error })
  }
}
