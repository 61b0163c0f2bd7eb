import type { Dispatcher } from 'undici'
import { type Bytes, StrataError } from '../std/index.ts'
import { openConnections, type Route } from './connections.ts'
import { decoded, isGzip } from './encoded-body.ts'
import { networkError, proxyAnswer } from './network-error.ts'
import { proxyAuthorization } from './proxy.ts'
import { sentBody } from './sent-body.ts'

export interface HttpRequest {
  readonly method: Method
  readonly url: URL
  /**
   * Names in lower case. `authorization` never follows a redirect to another origin. Without `accept-encoding` and `range`
   * answers may come compressed, and are decompressed.
   */
  readonly headers: Readonly<Record<string, string>>
  /** A stream is read once, and its chunks are given away: such a request is never sent again. */
  readonly body?: RequestBody
  readonly signal: AbortSignal
  /**
   * Redirects that are followed; 0 hands the redirect itself back. So does a request with a stream, and one that changes
   * something when the redirect does not say that it is to be repeated as it is (307, 308).
   */
  readonly redirects: number
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type RequestBody = string | Uint8Array | Bytes

/** Whether a body can be sent only once. */
export function isStream(body: RequestBody | undefined): body is Bytes {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Where the answer came from, after redirects. */
  readonly url: URL
  /** Must be read or dropped; throws `unavailable` at a broken or idle connection. */
  readonly body: Bytes
  /** Lets go of a body that nobody will read. */
  discard(): Promise<void>
}

export interface HttpClient extends AsyncDisposable {
  send(request: HttpRequest): Promise<HttpResponse>
}

export interface HttpClientOptions {
  readonly userAgent: string
  /** The longest time without a byte of headers or body, in milliseconds. */
  readonly idleTimeout: number
  /** How a URL's host is reached; asked for each request, redirected ones too. */
  readonly routeTo: (url: URL) => Promise<Route>
}

/** A request with one of these says itself which form of the answer it wants. */
const ENCODED_HEADERS = ['accept-encoding', 'range']
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const READ_AHEAD = 512 * 1024

/** An HTTP client with kept-alive connections. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const connections = openConnections(options.idleTimeout)

  async function once(wanted: HttpRequest): Promise<HttpResponse> {
    const { method, url, signal } = wanted
    let proxy: URL | undefined
    try {
      const route = await options.routeTo(url)
      proxy = route.proxy
      const { dispatcher, through } = await connections.to(url, route)
      const anyEncoding = ENCODED_HEADERS.every(name => wanted.headers[name] === undefined)
      const own = { 'user-agent': options.userAgent, ...(anyEncoding && { 'accept-encoding': 'gzip' }) }
      const { statusCode, headers, body } = await dispatcher.request({
        method,
        origin: (through ?? url).origin,
        path: through ? url.href : `${url.pathname}${url.search}`,
        headers: { ...own, ...(through && forProxy(through, url)), ...wanted.headers },
        body: isStream(wanted.body) ? sentBody(wanted.body) : (wanted.body ?? null),
        signal,
        highWaterMark: READ_AHEAD,
      })
      if (through && statusCode === 407) {
        await discard(body)
        throw proxyAnswer(statusCode)
      }
      const response = { status: statusCode, url, discard: () => discard(body) }
      const chunks = chunksOf(body, wanted)
      if (!anyEncoding || !isGzip(headers['content-encoding'])) return { ...response, headers, body: chunks }
      const { 'content-encoding': _, 'content-length': _compressed, ...rest } = headers
      return { ...response, headers: rest, body: decoded(chunks) }
    } catch (error) {
      throw networkError(error, { ...wanted, ...(proxy && { proxy }) })
    }
  }

  async function send(wanted: HttpRequest): Promise<HttpResponse> {
    let request = wanted
    for (let followed = 0; ; followed++) {
      const response = await once(request)
      const { location } = response.headers
      if (wanted.redirects === 0 || typeof location !== 'string' || !isFollowed(request, response)) return response
      await response.discard()
      if (followed === wanted.redirects) {
        const what = `${wanted.method.charAt(0)}${wanted.method.slice(1).toLowerCase()}`
        throw new StrataError('unavailable', `${what} "${wanted.url.pathname}": stopped after ${followed} redirects`, {
          details: { reason: 'redirects', final: true },
        })
      }
      request = { ...request, ...redirected(request, location) }
    }
  }

  return {
    send,
    async [Symbol.asyncDispose]() {
      await connections[Symbol.asyncDispose]()
    },
  }
}

function isFollowed({ method, body }: HttpRequest, { status }: HttpResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return REDIRECTS.has(status)
  return (status === 307 || status === 308) && !isStream(body)
}

/** Headers of a request that a proxy is to send on: it goes there with its whole URL. */
function forProxy(proxy: URL, { host }: URL): Record<string, string> {
  const authorization = proxyAuthorization(proxy)
  return { host, ...(authorization !== undefined && { 'proxy-authorization': authorization }) }
}

function redirected(request: HttpRequest, location: string): Pick<HttpRequest, 'url' | 'headers'> {
  const url = URL.parse(location, request.url.href)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new StrataError('unavailable', 'the registry redirects to an address that is no HTTP URL', {
      details: { reason: 'redirects', final: true },
    })
  }
  if (url.origin === request.url.origin) return { url, headers: request.headers }
  const { authorization: _, ...headers } = request.headers
  return { url, headers }
}

async function* chunksOf(body: Dispatcher.ResponseData['body'], request: HttpRequest): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw networkError(error, { ...request, begun: true })
  }
}

/** Reads what little is left so that the connection can be used again; a long rest costs the connection. */
async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
  try {
    await body.dump({ limit: 64 * 1024 })
  } catch {
    // The connection is gone: there is nothing to keep.
  }
}
