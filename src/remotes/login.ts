import { STATUS_CODES } from 'node:http'
import { isStrataError, StrataError } from '../std/index.ts'
import { answerTo, challengeIn } from './answer-challenge.ts'
import type { Endpoint, RegistryDirectory } from './endpoint.ts'
import type { HttpClient } from './http-client.ts'
import type { Credentials, RequestOptions } from './remotes.ts'

const REDIRECTS = 5

interface Login {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly signal: AbortSignal
}

/**
 * Tries credentials at the registry itself, never at a mirror. Nothing of them is kept. Throws `unauthorized` when they are
 * refused by the realm, `unavailable` with Docker's text otherwise.
 */
export async function login(
  http: HttpClient,
  directory: RegistryDirectory,
  { domain, signal, credentials = {} }: RequestOptions & { readonly domain: string },
): Promise<{ readonly identityToken?: string }> {
  const { endpoints } = await directory.origin(domain)
  let failure: unknown
  for (const endpoint of endpoints) {
    try {
      return await loginAt(http, { endpoint, credentials, signal })
    } catch (error) {
      // Whoever refuses does not get the password again without TLS.
      if (isStrataError(error, 'canceled') || isStrataError(error, 'unauthorized')) throw error
      failure = error
    }
  }
  throw failure
}

async function loginAt(http: HttpClient, { endpoint, credentials, signal }: Login) {
  const url = new URL(`${endpoint.prefix}/v2/`, endpoint.origin)
  const send = (headers: Readonly<Record<string, string>>) =>
    http.send({ method: 'GET', url, headers, signal, redirects: REDIRECTS })
  const first = await send({})
  await first.discard()
  const challenge = challengeIn(first, endpoint)
  if (!challenge) {
    if (first.status !== 200) throw refused(url, first.status)
    return {}
  }
  const answer = await answerTo(http, challenge, { endpoint, credentials, signal }).catch((error: unknown) => {
    throw inContext(error, url)
  })
  const second = await send({ authorization: answer.authorization })
  await second.discard()
  if (second.status !== 200) throw refused(url, second.status)
  return answer.identityToken === undefined ? {} : { identityToken: answer.identityToken }
}

function refused(url: URL, status: number): StrataError {
  const text = `login attempt to ${url.href} failed with status: ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  return new StrataError('unavailable', text, { details: { status, final: true } })
}

function inContext(error: unknown, url: URL): unknown {
  if (!isStrataError(error) || error.code === 'canceled') return error
  return new StrataError(error.code, `Get "${url.href}": ${error.message}`, { cause: error, details: error.details })
}
