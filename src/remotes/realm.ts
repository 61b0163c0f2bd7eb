import { StrataError } from '../std/index.ts'
import type { Challenge } from './challenge.ts'
import type { Endpoint } from './endpoint.ts'
import { redactUrl } from './redact.ts'
import type { Credentials } from './remotes.ts'

/** Where a registry sends those who want a token. Throws `unauthorized` for what is no place to send credentials to. */
export function realmOf(challenge: Challenge, endpoint: Endpoint, credentials: Credentials | undefined): URL {
  const { realm } = challenge.parameters
  if (realm === undefined) throw new StrataError('unauthorized', 'no realm specified for token auth challenge')
  const url = URL.parse(realm, endpoint.origin)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new StrataError('unauthorized', 'no usable realm in the challenge of the registry')
  }
  const secret = credentials?.username || credentials?.identityToken
  if (secret && endpoint.verify && url.protocol !== 'https:') {
    throw new StrataError('unauthorized', `credentials are not sent over plain HTTP to ${redactUrl(url)}`)
  }
  return url
}

/** The challenge that is answered: Bearer before Basic, as Docker does. */
export function answerable(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic')
}
