import { StrataError } from '../std/index.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { Endpoint } from './endpoint.ts'
import type { HttpClient, HttpResponse } from './http-client.ts'
import { answerable, realmOf } from './realm.ts'
import type { Credentials } from './remotes.ts'
import { askRealm, basicAuthorization } from './tokens.ts'

/** How a registry wants its callers to say who they are; undefined: it doesn't. */
export function challengeIn(response: HttpResponse, { origin }: Endpoint): Challenge | undefined {
  // Only the registry itself may say where its credentials go; never the target of a redirect.
  if (response.status !== 401 || response.url.origin !== origin) return undefined
  return answerable(parseChallenges(response.headers['www-authenticate']))
}

/**
 * What answers a challenge, and what serves instead of the password from then on, if the realm gives such a thing. Nothing
 * of it is kept. Throws `unauthorized` when the realm refuses, `unavailable` when there are no credentials.
 */
export async function answerTo(
  http: HttpClient,
  challenge: Challenge,
  context: {
    readonly endpoint: Endpoint
    readonly credentials: Credentials
    readonly scopes?: readonly string[]
    readonly signal: AbortSignal
  },
): Promise<{ readonly authorization: string; readonly identityToken?: string }> {
  const { endpoint, credentials, scopes = [], signal } = context
  if (challenge.scheme === 'basic') {
    const authorization = basicAuthorization(credentials)
    if (authorization !== undefined) return { authorization }
    throw new StrataError('unavailable', 'no basic auth credentials', { details: { final: true } })
  }
  const { service } = challenge.parameters
  const realm = realmOf(challenge, endpoint, credentials)
  const request = { realm, scopes, credentials, offline: true, ...(service !== undefined && { service }) }
  const { token, refreshToken = credentials.identityToken } = await askRealm(http, request, signal)
  return { authorization: `Bearer ${token}`, ...(refreshToken !== undefined && { identityToken: refreshToken }) }
}
