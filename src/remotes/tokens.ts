import { createHash } from 'node:crypto'
import { collect, KeyedLock, StrataError } from '../std/index.ts'
import type { HttpClient, HttpResponse } from './http-client.ts'
import { redactUrl } from './redact.ts'
import { registryError } from './registry-error.ts'
import type { Credentials } from './remotes.ts'

/** What a token is asked for: https://distribution.github.io/distribution/spec/auth/token/ */
export interface TokenRequest {
  readonly realm: URL
  readonly service?: string
  /** `repository:library/debian:pull` */
  readonly scopes: readonly string[]
  readonly credentials?: Credentials
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
    const response = request.credentials?.identityToken
      ? await postOAuth(http, request, signal)
      : await getToken(http, request, signal)
    if (response.status >= 400) throw await refusal(response)
    const { token, life } = await readToken(response)
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

function getToken(http: HttpClient, request: TokenRequest, signal: AbortSignal): Promise<HttpResponse> {
  const url = new URL(request.realm)
  if (request.service !== undefined) url.searchParams.set('service', request.service)
  for (const scope of request.scopes) url.searchParams.append('scope', scope)
  const basic = basicAuthorization(request.credentials)
  if (basic !== undefined) url.searchParams.set('account', request.credentials!.username!)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (basic !== undefined) headers.authorization = basic
  return http.send({ method: 'GET', url, headers, signal, redirects: REDIRECTS })
}

/** https://distribution.github.io/distribution/spec/auth/oauth/. Redirects are not followed: they would carry the token off. */
function postOAuth(http: HttpClient, request: TokenRequest, signal: AbortSignal): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'docker',
    refresh_token: request.credentials!.identityToken!,
    scope: request.scopes.join(' '),
  })
  if (request.service !== undefined) form.set('service', request.service)
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

async function readToken(response: HttpResponse): Promise<{ token: string; life: number }> {
  let body: unknown
  try {
    body = JSON.parse((await collect(response.body, BODY_LIMIT)).toString())
  } catch (error) {
    if (error instanceof StrataError && error.code !== 'invalid_argument') throw error
    throw new StrataError('unavailable', `unable to decode token response of ${redactUrl(response.url)}`)
  }
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const token = [said.token, said.access_token].find(each => typeof each === 'string' && each !== '')
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new StrataError('unauthorized', 'authorization server did not include a token in the response')
  }
  const seconds = said.expires_in
  const life = typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : 0
  return { token, life: Math.max(SHORTEST_LIFE, life) }
}

/** `Basic …`, or undefined when there is no user name. */
export function basicAuthorization(credentials: Credentials | undefined): string | undefined {
  if (!credentials?.username) return undefined
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`).toString('base64')}`
}
