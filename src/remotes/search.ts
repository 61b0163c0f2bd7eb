import { bool, int, list, string, struct } from '../gojson/index.ts'
import { collect, isStrataError, messageOf, StrataError } from '../std/index.ts'
import { answerTo, challengeIn } from './answer-challenge.ts'
import type { Endpoint, RegistryDirectory } from './endpoint.ts'
import type { HttpClient } from './http-client.ts'
import { readAnswer } from './registry-json.ts'
import type { FoundRepository, RequestOptions, Search } from './remotes.ts'
import { basicAuthorization } from './tokens.ts'

const DEFAULT_LIMIT = 25
const LIMIT = 100
const REDIRECTS = 5
const BODY_LIMIT = 4 * 1024 * 1024
const searchResult = struct('registry.SearchResult', {
  star_count: int,
  is_official: bool,
  name: string,
  is_automated: bool,
  description: string,
})
const searchResults = struct('registry.SearchResults', {
  query: string,
  num_results: int,
  results: list(searchResult),
})
const HUB_INDEX: Endpoint = { origin: 'https://index.docker.io', prefix: '', verify: true }

/**
 * Searches by version 1 of Docker's registry protocol, which Docker Hub still speaks for this. Throws `invalid_argument`
 * for terms, limits and registries that can't be searched, `unavailable` for answers that are none, each with Docker's
 * text.
 */
export async function search(
  http: HttpClient,
  directory: RegistryDirectory,
  { term, limit, credentials, signal }: Search,
): Promise<FoundRepository[]> {
  if (term.includes('://')) {
    const problem = `repository name (${term}) should not have a scheme`
    throw new StrataError('invalid_argument', `invalid repository name: ${problem}`)
  }
  const [domain, words] = splitTerm(term)
  const endpoint = await endpointOf(http, directory, { domain, signal })
  const wanted = limit === 0 ? DEFAULT_LIMIT : limit
  if (wanted < 1 || wanted > LIMIT) {
    throw new StrataError('invalid_argument', `limit ${wanted} is outside the range of [1, ${LIMIT}]`)
  }
  const url = new URL('/v1/search', endpoint.origin)
  url.searchParams.set('q', words)
  url.searchParams.set('n', String(wanted))
  const authorization = await authorizationFor(http, endpoint, { ...(credentials && { credentials }), signal, url })
  const headers = { 'x-docker-token': 'true', ...(authorization !== undefined && { authorization }) }
  const response = await http.send({ method: 'GET', url, headers, signal, redirects: REDIRECTS })
  if (response.status !== 200) {
    await response.discard()
    throw new StrataError('unavailable', `Unexpected status code ${response.status}`)
  }
  try {
    const answer = await collect(response.body, BODY_LIMIT)
    const { results } = readAnswer(answer, { type: searchResults, at: 'SearchResults', part: 'first' })
    return (results ?? []).map(({ star_count: stars, is_official: official, name, description }) => {
      return { name, description, stars, official }
    })
  } catch (error) {
    if (!isStrataError(error) || error.code === 'canceled') throw error
    throw new StrataError('unavailable', `error decoding registry search results: ${error.message}`, { cause: error })
  }
}

/** An identity token is no password: it is given to the realm that version 2 of the protocol names, for a token that lets search. */
async function authorizationFor(
  http: HttpClient,
  endpoint: Endpoint,
  { credentials, signal, url }: RequestOptions & { readonly url: URL },
): Promise<string | undefined> {
  if (!credentials?.identityToken || !credentials.username) return basicAuthorization(credentials)
  const ping = new URL('/v2/', endpoint.origin)
  const response = await http.send({ method: 'GET', url: ping, headers: {}, signal, redirects: REDIRECTS })
  await response.discard()
  const challenge = challengeIn(response, endpoint)
  if (!challenge) return undefined
  const context = { endpoint, credentials, scopes: ['registry:catalog:search'], signal }
  try {
    return (await answerTo(http, challenge, context)).authorization
  } catch (error) {
    if (!isStrataError(error) || error.code === 'canceled') throw error
    const { code, details } = error
    throw new StrataError(code, `Get "${url.href}": ${error.message}`, { cause: error, details })
  }
}

function splitTerm(term: string): [domain: string, words: string] {
  const slash = term.indexOf('/')
  const first = term.slice(0, Math.max(slash, 0))
  const isHost = /[.:]/.test(first) || first === 'localhost'
  if (!isHost) return ['docker.io', term.replace(/^library\//, '')]
  const words = term.slice(slash + 1)
  return [first, first === 'docker.io' || first === 'index.docker.io' ? words.replace(/^library\//, '') : words]
}

/** Where a registry answers a ping of version 1. Whatever it answers, it is there. */
async function endpointOf(
  http: HttpClient,
  directory: RegistryDirectory,
  { domain, signal }: { readonly domain: string; readonly signal: AbortSignal },
): Promise<Endpoint> {
  const { name, endpoints } = await directory.origin(domain)
  if (name === 'docker.io') return HUB_INDEX
  const failures: unknown[] = []
  for (const endpoint of endpoints) {
    const url = new URL('/v1/_ping', endpoint.origin)
    try {
      const response = await http.send({ method: 'GET', url, headers: {}, signal, redirects: REDIRECTS })
      await response.discard()
      return endpoint
    } catch (error) {
      // Anything else is not of the registry.
      if (!isStrataError(error, 'unavailable')) throw error
      failures.push(error)
    }
  }
  throw unreachable(name, failures.map(messageOf))
}

function unreachable(domain: string, [withTls = '', plain]: readonly string[]): StrataError {
  if (plain !== undefined) {
    const attempts = `HTTPS attempt: ${withTls}. HTTP attempt: ${plain}`
    return new StrataError('invalid_argument', `invalid registry endpoint "http://${domain}/v1/". ${attempts}`)
  }
  return new StrataError(
    'invalid_argument',
    `invalid registry endpoint https://${domain}/v1/: ${withTls}. If this private registry supports only HTTP or HTTPS with an unknown CA certificate, please add \`--insecure-registry ${domain}\` to the daemon's arguments. In the case of HTTPS, if you have access to the registry's CA certificate, no need for the flag; simply place the CA certificate at /etc/docker/certs.d/${domain}/ca.crt`,
  )
}
