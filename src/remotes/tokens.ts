import { createHash } from 'node:crypto'
import { type GoType, int, string, struct } from '../gojson/index.ts'
import { collect, isStrataError, KeyedLock, StrataError } from '../std/index.ts'
import type { HttpClient, HttpResponse } from './http-client.ts'
import { registryError } from './registry-error.ts'
import { readAnswer } from './registry-json.ts'
import type { Credentials } from './remotes.ts'

/** What a token is asked for: https://distribution.github.io/distribution/spec/auth/token/ */
export interface TokenRequest {
  readonly realm: URL
  readonly service?: string
  /** `repository:library/debian:pull` */
  readonly scopes: readonly string[]
  readonly credentials?: Credentials
  /** Asks for a refresh token too, which serves instead of the password from then on. */
  readonly offline?: boolean
}

/** What a realm gives. */
interface Issued {
  readonly token: string
  /** Milliseconds. */
  readonly life: number
  readonly refreshToken?: string
}

export interface TokenSource {
  /** A token from the cache or the realm. Throws `unauthorized` when the realm refuses. */
  get(request: TokenRequest, signal: AbortSignal): Promise<string>
  /** Call when a registry refused `token`: the next `get` asks the realm again. */
  forget(token: string): void
}

interface CachedToken {
  readonly token: string
  readonly expires: number
}

const BODY_LIMIT = 1 << 20
/** Docker's floor: shorter lives are taken for mistakes. */
const SHORTEST_LIFE = 60_000
const REDIRECTS = 5
/** What clients are called at realms. */
const CLIENT = 'docker'

/** What is no number of seconds is none: {@link SHORTEST_LIFE} is left. */
const seconds: GoType<number> = { ...int, read: value => (typeof value === 'number' ? value : 0) }
const tokenResponse = struct('auth.getTokenResponse', {
  token: string,
  access_token: string,
  expires_in: seconds,
  refresh_token: string,
})

/** Tokens live in memory only and are kept by realm, service, scope and user; lives are counted on our own clock. */
export function createTokenSource(http: HttpClient, now: () => number = () => performance.now()): TokenSource {
  const cache = new Map<string, CachedToken>()
  const lock = new KeyedLock()

  async function get(request: TokenRequest, signal: AbortSignal): Promise<string> {
    const key = keyOf(request)
    using _ = await lock.acquire(key, signal)
    const cached = cache.get(key)
    if (cached && cached.expires > now()) return cached.token
    for (const [other, { expires }] of cache) if (expires <= now()) cache.delete(other)
    const asked = now()
    const { token, life } = await askRealm(http, request, signal)
    cache.set(key, { token, expires: asked + life * 0.9 })
    return token
  }

  return {
    get,
    forget(token) {
      for (const [key, cached] of cache) if (cached.token === token) cache.delete(key)
    },
  }
}

function keyOf({ realm, service, scopes, credentials }: TokenRequest): string {
  const { username = '', password = '', identityToken = '' } = credentials ?? {}
  const secret = createHash('sha256')
    .update(JSON.stringify([username, password, identityToken]))
    .digest('hex')
  return JSON.stringify([realm.href, service, scopes, secret])
}

/** A fresh token. Throws `unauthorized` when the realm refuses, `unavailable` when it gives none. */
export async function askRealm(http: HttpClient, request: TokenRequest, signal: AbortSignal): Promise<Issued> {
  const response = await sendToRealm(http, request, signal)
  if (response.status >= 400) throw await refusal(response)
  return readToken(response)
}

async function sendToRealm(http: HttpClient, request: TokenRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { username, password = '', identityToken } = request.credentials ?? {}
  const post = (grant: Readonly<Record<string, string>>) => postOAuth(http, { ...request, grant }, signal)
  if (identityToken) return post({ grant_type: 'refresh_token', refresh_token: identityToken })
  const response = await getToken(http, request, signal)
  // Realms that know OAuth2 only.
  if (!username || (response.status !== 404 && response.status !== 405)) return response
  await response.discard()
  return post({ grant_type: 'password', username, password })
}

function getToken(http: HttpClient, request: TokenRequest, signal: AbortSignal): Promise<HttpResponse> {
  const url = new URL(request.realm)
  if (request.service !== undefined) url.searchParams.set('service', request.service)
  for (const scope of request.scopes) url.searchParams.append('scope', scope)
  const basic = basicAuthorization(request.credentials)
  if (basic !== undefined) url.searchParams.set('account', request.credentials!.username!)
  if (request.offline) {
    url.searchParams.set('client_id', CLIENT)
    url.searchParams.set('offline_token', 'true')
  }
  const headers: Record<string, string> = { accept: 'application/json' }
  if (basic !== undefined) headers.authorization = basic
  return http.send({ method: 'GET', url, headers, signal, redirects: REDIRECTS })
}

/** https://distribution.github.io/distribution/spec/auth/oauth/. Redirects are not followed: they would carry secrets off. */
function postOAuth(
  http: HttpClient,
  request: TokenRequest & { readonly grant: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<HttpResponse> {
  const form = new URLSearchParams({ ...request.grant, client_id: CLIENT, scope: request.scopes.join(' ') })
  if (request.service !== undefined) form.set('service', request.service)
  if (request.offline) form.set('access_type', 'offline')
  return http.send({
    method: 'POST',
    url: request.realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal,
    redirects: 0,
  })
}

async function refusal(response: HttpResponse): Promise<StrataError> {
  const error = await registryError(response)
  const temporary = error.code === 'unavailable' && (response.status >= 500 || response.status === 429)
  return temporary ? error : new StrataError('unauthorized', error.message, { details: error.details })
}

async function readToken(response: HttpResponse): Promise<Issued> {
  const answer = await readTokenResponse(response)
  const { refresh_token: refreshToken } = answer
  const token = answer.access_token || answer.token
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new StrataError('unavailable', 'authorization server did not include a token in the response', {
      details: { final: true },
    })
  }
  const life = Math.max(SHORTEST_LIFE, answer.expires_in * 1000)
  return { token, life, ...(refreshToken !== '' && { refreshToken }) }
}

async function readTokenResponse(response: HttpResponse) {
  try {
    const bytes = await collect(response.body, BODY_LIMIT)
    return readAnswer(bytes, { type: tokenResponse, at: 'getTokenResponse', part: 'first' })
  } catch (error) {
    if (!isStrataError(error) || error.code === 'canceled') throw error
    const details = { final: true, ...error.details }
    throw new StrataError('unavailable', `unable to decode token response: ${error.message}`, { cause: error, details })
  }
}

/** `Basic …`, or undefined when there is no user name. */
export function basicAuthorization(credentials: Credentials | undefined): string | undefined {
  if (!credentials?.username) return undefined
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`).toString('base64')}`
}
