import type { AuthResult } from '../../apitypes/index.ts'
import type { Credentials } from '../../remotes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { registryFailure } from './registry-failure.ts'

export interface LoginRequest {
  /** As users write it, with or without scheme and path; empty: Docker Hub. */
  readonly server: string
  readonly credentials?: Credentials
  readonly signal: AbortSignal
}

/** `docker login`: tries credentials; the client keeps them, the engine doesn't. */
export async function login(context: EngineContext, request: LoginRequest): Promise<AuthResult> {
  const { credentials } = request
  const domain = domainOf(request.server)
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  try {
    const { identityToken = '' } = await context.resolver.login({
      domain,
      signal,
      ...(credentials && { credentials }),
    })
    return { IdentityToken: identityToken, Status: 'Login Succeeded' }
  } catch (error) {
    throw registryFailure(error)
  }
}

function domainOf(server: string): string {
  if (server === '') return 'docker.io'
  const address = /^https?:\/\//.test(server) ? server : `https://${server}`
  const url = URL.parse(address)
  const host = /^https?:\/\/([^/?#]*)/.exec(address)?.[1] ?? ''
  if (url && url.host !== '' && !/[\s@]/.test(host)) return host
  const bad = /[\s<>"^`{|}]/.exec(host)?.[0]
  const problem = bad === undefined ? 'invalid host' : `invalid character "${bad}" in host name`
  throw new StrataError('invalid_argument', `unable to parse server address: parse "${address}": ${problem}`)
}
