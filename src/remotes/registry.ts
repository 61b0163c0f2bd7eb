import { isStrataError, StrataError } from '../std/index.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { Endpoint, RegistryDirectory, Source } from './endpoint.ts'
import { type HttpClient, type HttpResponse, isStream, type Method, type RequestBody } from './http-client.ts'
import { answerable, realmOf } from './realm.ts'
import { redactUrl } from './redact.ts'
import { registryError } from './registry-error.ts'
import type { Credentials, RequestOptions } from './remotes.ts'
import { basicAuthorization, createTokenSource } from './tokens.ts'

/** The repository that a request is about. */
export interface Repository {
  readonly domain: string
  readonly path: string
  /** Who is asked; the registry itself when absent. Mirrors get no credentials. */
  readonly source?: Source
}

export interface RegistryClient {
  /** Asks the registry whether it is there, and on which scheme. Throws `unavailable` with Docker's text. */
  ping(repository: Pick<Repository, 'domain' | 'source'>, signal: AbortSignal): Promise<Endpoint>
  /**
   * A request about a repository, authorized and redirected as needed. Only answers below 400 come back. A stream as the
   * body is sent once: when the registry wants another token meanwhile, that is an `unauthorized` error with
   * `details.fresh`, and the next request asks for one. When the message tells of the request, `details.words` are those
   * without it.
   */
  request(repository: Repository, request: RepositoryRequest): Promise<HttpResponse>
}

export interface RepositoryRequest extends RequestOptions {
  /** `GET` when absent. */
  readonly method?: Method
  /** The method that messages name, where Docker would send another one. */
  readonly shownMethod?: Method
  /**
   * Below `/v2/<repository>/`: `manifests/latest`, `blobs/sha256:…`; or an address that the registry gave. Credentials go
   * to the registry's own origin only.
   */
  readonly resource: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestBody
  /** What must be allowed; reading the repository when absent. */
  readonly scopes?: readonly string[]
}

/** The scopes of a token: https://distribution.github.io/distribution/spec/auth/scope/ */
export function repositoryScope(repository: Pick<Repository, 'path'>, actions: 'pull' | 'pull,push'): string {
  return `repository:${repository.path}:${actions}`
}

const REDIRECTS = 5

/** Registries by domain: remembers where each one answers and how it wants to be asked. */
export function createRegistryClient(http: HttpClient, directory: RegistryDirectory): RegistryClient {
  const known = new Map<string, Endpoint>()
  const challenges = new Map<string, readonly Challenge[]>()
  const tokens = createTokenSource(http)

  async function ping({ domain, source }: Pick<Repository, 'domain' | 'source'>, signal: AbortSignal) {
    const { name, endpoints } = source ?? (await directory.origin(domain))
    const last = known.get(name)
    const order = last ? [last, ...endpoints.filter(({ origin }) => origin !== last.origin)] : endpoints
    const failures = new Map<string, unknown>()
    for (const endpoint of order) {
      try {
        const url = urlOf(endpoint, '')
        const response = await http.send({ method: 'GET', url, headers: {}, signal, redirects: REDIRECTS })
        if (response.status >= 500 || response.status === 429) throw await registryError(response)
        learn(endpoint, response)
        await response.discard()
        known.set(name, endpoint)
        return endpoint
      } catch (error) {
        const connected = !isStrataError(error, 'unavailable') || error.details.status !== undefined
        if (connected) throw error
        failures.set(endpoint.origin, error)
      }
    }
    known.delete(name)
    // Whichever was asked first, the last resort tells what is wrong: a registry without TLS that is away is away.
    throw failures.get(endpoints.at(-1)!.origin)
  }

  /** Only the registry itself may say where its credentials go; never the target of a redirect. */
  function learn(endpoint: Endpoint, response: HttpResponse): boolean {
    if (response.url.origin !== endpoint.origin) return false
    if (response.status === 401)
      challenges.set(placeOf(endpoint), parseChallenges(response.headers['www-authenticate']))
    return response.status === 401
  }

  async function request(repository: Repository, wanted: RepositoryRequest): Promise<HttpResponse> {
    const { signal, method = 'GET', resource, body } = wanted
    const source = repository.source ?? (await directory.origin(repository.domain))
    const credentials = source.mirror ? undefined : wanted.credentials
    const endpoint = known.get(source.name) ?? (await ping({ ...repository, source }, signal))
    const url = typeof resource === 'string' ? urlOf(endpoint, `${repository.path}/${resource}`) : resource
    const scopes = wanted.scopes ?? [repositoryScope(repository, 'pull')]
    const exchange = `${wordOf(wanted.shownMethod ?? method)} "${redactUrl(url)}"`
    const inContext = (error: unknown): never => {
      if (!isStrataError(error) || error.code === 'canceled') throw error
      const details = { ...error.details, words: error.message }
      throw new StrataError(error.code, `${exchange}: ${error.message}`, { cause: error, details })
    }
    const attempt = async () => {
      const own = url.origin === endpoint.origin
      const authorization = own
        ? await authorize(endpoint, { repository, scopes, credentials, signal }).catch(inContext)
        : undefined
      const headers = { ...wanted.headers, ...(authorization !== undefined && { authorization }) }
      const response = await http.send({ method, url, headers, signal, redirects: REDIRECTS, ...(body && { body }) })
      return { response, authorization }
    }
    try {
      const first = await attempt()
      if (first.response.status < 400) return first.response
      if (!learn(endpoint, first.response)) throw await refusalOf(endpoint, first.response)
      if (first.authorization?.startsWith('Bearer ')) tokens.forget(first.authorization.slice('Bearer '.length))
      const scheme = usable(endpoint, credentials)?.scheme
      if (scheme === 'basic' && !basicAuthorization(credentials)) {
        await first.response.discard()
        throw new StrataError('unauthorized', `${exchange}: no basic auth credentials`, {
          details: { words: 'no basic auth credentials' },
        })
      }
      if (scheme === undefined || (scheme === 'basic' && first.authorization !== undefined)) {
        throw await registryError(first.response)
      }
      if (isStream(body)) throw freshlyRefused(await registryError(first.response))
      await first.response.discard()
      const second = await attempt()
      if (second.response.status < 400) return second.response
      throw await refusalOf(endpoint, second.response)
    } catch (error) {
      if (isStrataError(error, 'unavailable') && error.details.reason !== undefined) known.delete(source.name)
      throw error
    }
  }

  function usable(endpoint: Endpoint, credentials: Credentials | undefined): Challenge | undefined {
    if (credentials?.registryToken) return undefined
    return answerable(challenges.get(placeOf(endpoint)) ?? [])
  }

  async function authorize(
    endpoint: Endpoint,
    context: {
      repository: Repository
      scopes: readonly string[]
      credentials: Credentials | undefined
      signal: AbortSignal
    },
  ): Promise<string | undefined> {
    const { repository, scopes, credentials, signal } = context
    if (credentials?.registryToken) return `Bearer ${credentials.registryToken}`
    const challenge = usable(endpoint, credentials)
    if (!challenge) return undefined
    if (challenge.scheme === 'basic') return basicAuthorization(credentials)
    const { service, scope } = challenge.parameters
    const url = realmOf(challenge, endpoint, credentials)
    const extra = (scope ?? '').split(' ').filter(each => each.startsWith(`repository:${repository.path}:`))
    const token = await tokens.get(
      {
        realm: url,
        ...(service !== undefined && { service }),
        scopes: merged([...scopes, ...extra]),
        ...(credentials && { credentials }),
      },
      signal,
    )
    return `Bearer ${token}`
  }

  return { ping, request }
}

/** `Get`, as Docker writes methods in messages. */
function wordOf(method: Method): string {
  return `${method.charAt(0)}${method.slice(1).toLowerCase()}`
}

function placeOf({ origin, prefix }: Endpoint): string {
  return origin + prefix
}

function urlOf(endpoint: Endpoint, path: string): URL {
  return new URL(`${endpoint.prefix}/v2/${path}`, endpoint.origin)
}

/** What a registry asks for may be part of what is asked for anyway. */
function merged(scopes: readonly string[]): string[] {
  const all = [...new Set(scopes)]
  const within = (part: string, whole: string) => part !== whole && whole.startsWith(`${part},`)
  return all.filter(scope => !all.some(other => within(scope, other)))
}

/** What storages say whose addresses, which the registry gives out, have run out. */
const RUN_OUT = new Set([400, 401, 403])

/** Where a registry sent the request may be out of date by now: what is said there is not the registry's last word. */
async function refusalOf({ origin }: Endpoint, response: HttpResponse): Promise<StrataError> {
  const error = await registryError(response)
  if (response.url.origin === origin || !RUN_OUT.has(response.status)) return error
  return new StrataError('unavailable', error.message, { cause: error, details: { reason: 'elsewhere' } })
}

function freshlyRefused(error: StrataError): StrataError {
  return new StrataError(error.code, error.message, { cause: error, details: { ...error.details, fresh: true } })
}
