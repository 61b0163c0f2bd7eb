import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type Bytes, type Logger, StrataError } from '../std/index.ts'
import { cleanTarget } from './clean-target.ts'
import type { Call, HijackCall } from './exchange.ts'
import { HijackedBody } from './hijacked-body.ts'
import { linger } from './linger.ts'
import { parseQuery } from './query.ts'
import { sendEmpty, sendJson } from './reply.ts'
import type { Match, Router } from './router.ts'
import { describeError } from './status.ts'
import { apiVersion, checkVersion, splitVersion, type VersionedPath } from './version.ts'

/** What every request meets at the door. */
export interface Door {
  readonly route: Router
  readonly log: Logger
  /** The `Server` header. */
  readonly server: string
  /** Of the requests that are being answered: aborted when the server closes. */
  readonly active: Set<AbortController>
}

interface Target<Answer extends 'handler' | 'hijack'> {
  readonly match: Match
  readonly answer: NonNullable<Match[Answer]>
  readonly version: VersionedPath
  readonly search: string
}

/** Answers one ordinary request. Never rejects. */
export async function dispatch(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(commonHeaders(door))) response.setHeader(name, value)
  const gone = enter(door)
  response.once('close', () => {
    door.active.delete(gone)
    if (!response.writableFinished) gone.abort(new StrataError('canceled', 'the client went away'))
  })
  const elsewhere = cleanTarget(request.url ?? '/')
  if (elsewhere !== undefined) {
    response.setHeader('Location', elsewhere)
    sendEmpty(response, 301)
    request.resume()
    return
  }
  let plain = false
  try {
    const target = find(door, request, 'handler', () => {
      plain = true
    })
    const bytes = request.iterator({ destroyOnReturn: false }) as Bytes
    await target.answer({ ...callOf(request, target, gone.signal), bytes, response })
  } catch (error) {
    fail(door, { request, response, plain, gone: gone.signal.aborted }, error)
  }
  // What is left of the body is not wanted; the connection serves the next request.
  request.resume()
}

/** Answers one request that may take its connection over. Never rejects. */
export async function dispatchHijack(
  door: Door,
  request: IncomingMessage,
  socket: Socket,
  head: Uint8Array,
): Promise<void> {
  const gone = enter(door)
  socket.once('close', () => {
    door.active.delete(gone)
    gone.abort(new StrataError('canceled', 'the client went away'))
  })
  socket.on('error', error => door.log.debug({ err: error }, 'connection failed'))
  const body = new HijackedBody(socket, request.headers, head)
  const upgrade = request.headers.upgrade !== undefined
  let taken = false
  const answer = (status: number, headers: Readonly<Record<string, string | number>>, content = '') => {
    socket.end(`${headOf(status, { ...commonHeaders(door), ...headers, Connection: 'close' })}${content}`)
    linger(socket)
  }
  const elsewhere = cleanTarget(request.url ?? '/')
  if (elsewhere !== undefined) {
    answer(301, { Location: elsewhere, 'Content-Length': 0 })
    return
  }
  try {
    const target = find(door, request, 'hijack')
    const call: HijackCall = {
      ...callOf(request, target, gone.signal),
      bytes: body.bytes(),
      upgrade,
      reply: status => answer(status, { 'Content-Length': 0 }),
      takeOver: type => {
        taken = true
        const headers = { 'Content-Type': type, ...(upgrade && { Connection: 'Upgrade', Upgrade: 'tcp' }) }
        socket.write(headOf(upgrade ? 101 : 200, { ...headers, ...commonHeaders(door) }))
        return { socket, head: body.rest() }
      },
    }
    await target.answer(call)
  } catch (error) {
    const { status, message } = report(door, request, error, gone.signal.aborted)
    if (taken) socket.destroy()
    else {
      const content = `${JSON.stringify({ message })}\n`
      answer(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content) }, content)
    }
  }
}

function enter(door: Door): AbortController {
  const gone = new AbortController()
  door.active.add(gone)
  return gone
}

/** Throws for a path that is none of ours, and for a version that is not spoken. `tooOld` is told first. */
function find<Answer extends 'handler' | 'hijack'>(
  door: Door,
  request: IncomingMessage,
  kind: Answer,
  tooOld?: () => void,
): Target<Answer> {
  const [path = '', search = ''] = splitOnce(request.url ?? '/', '?')
  const version = splitVersion(path)
  const match = door.route(request.method ?? 'GET', version.path)
  const answer = match?.[kind]
  if (!match || !answer) throw new StrataError('not_found', 'page not found')
  if (version.minor < apiVersion.minMinor) tooOld?.()
  checkVersion(version)
  return { match, answer, version, search }
}

function callOf(
  request: IncomingMessage,
  target: Target<'handler' | 'hijack'>,
  signal: AbortSignal,
): Omit<Call, 'bytes'> {
  return {
    headers: request.headers,
    params: target.match.params,
    query: parseQuery(target.search),
    minor: target.version.minor,
    signal,
  }
}

interface Failed {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Clients older than 1.24 get text, not JSON. */
  readonly plain: boolean
  readonly gone: boolean
}

function fail(door: Door, { request, response, plain, gone }: Failed, error: unknown): void {
  const { status, message } = report(door, request, error, gone)
  if (response.headersSent) {
    response.destroy()
  } else if (status === 304) {
    sendEmpty(response, status)
  } else if (plain) {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
    response.end(`${message}\n`)
  } else {
    sendJson(response, status, { message })
  }
}

function report(door: Door, request: IncomingMessage, error: unknown, gone: boolean) {
  const described = describeError(error)
  const facts = { method: request.method, url: request.url, status: described.status, err: error }
  if (described.status === 500 && !gone) door.log.error(facts, 'request failed')
  else door.log.debug(facts, 'request refused')
  return described
}

function commonHeaders(door: Door): Record<string, string> {
  return {
    'Api-Version': apiVersion.max,
    'Docker-Experimental': 'false',
    Ostype: 'linux',
    Server: door.server,
  }
}

function headOf(status: number, headers: Readonly<Record<string, string | number>>): string {
  const reason = status === 101 ? 'UPGRADED' : STATUS_CODES[status]
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
