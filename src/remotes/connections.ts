import { createHash } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import { createSecureContext, rootCertificates, type SecureContext, TLSSocket } from 'node:tls'
import type { Dispatcher } from 'undici'
import { messageOf, StrataError } from '../std/index.ts'
import { shownIdentities } from './client-identities.ts'
import type { HostCertificates } from './host-certificates.ts'
import { proxyAuthorization } from './proxy.ts'

/** How a host is reached. */
export interface Route {
  /** Whether its certificate must be good. */
  readonly verify: boolean
  readonly certificates?: HostCertificates
  readonly proxy?: URL
}

/** Kept-alive connections by the route that they take. */
export interface Connections extends AsyncDisposable {
  /** The dispatcher of a URL's requests; `through` is the proxy that requests of `http:` are sent to as they are. */
  to(url: URL, route: Route): Promise<{ readonly dispatcher: Dispatcher; readonly through?: URL }>
}

const CONNECT_TIMEOUT = 15_000

/** Where systems keep the authorities that they trust, the first that exists. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/**
 * A server that doesn't like the client says so in an alert and closes the connection, with TLS 1.3 after the handshake.
 * undici would take that for a connection that was closed without a word; one that is gone already ends no more.
 */
subscribe('undici:client:connected', message => {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return
  const { socket } = message
  if (socket instanceof TLSSocket) socket.on('error', error => socket.destroy(error))
})

/** `idleTimeout`: the longest time without a byte of headers or body, in milliseconds. */
export function openConnections(idleTimeout: number): Connections {
  const dispatchers = new Map<string, Promise<Dispatcher>>()

  async function open(url: URL, { verify, certificates, proxy }: Route): Promise<Dispatcher> {
    // Loaded with the first request: an engine that pulls nothing stays smaller.
    const { Agent, ProxyAgent } = await import('undici')
    const timeout = Math.min(CONNECT_TIMEOUT, idleTimeout)
    const common = { headersTimeout: idleTimeout, bodyTimeout: idleTimeout }
    if (url.protocol === 'http:') return new Agent({ ...common, connect: { timeout } })
    const tls = { rejectUnauthorized: verify, timeout, secureContext: await secureContext(verify, certificates) }
    if (!proxy) return new Agent({ ...common, connect: tls })
    const token = proxyAuthorization(proxy)
    return new ProxyAgent({
      ...common,
      uri: proxy.origin,
      ...(token !== undefined && { token }),
      requestTls: tls,
      proxyTls: { timeout, secureContext: await secureContext(true) },
    })
  }

  return {
    async to(url, route) {
      const plain = url.protocol === 'http:'
      const { verify, certificates, proxy } = route
      const key = plain ? '' : keyOf([verify, certificates, proxy?.href])
      let dispatcher = dispatchers.get(key)
      if (!dispatcher) {
        dispatcher = open(url, route)
        dispatchers.set(key, dispatcher)
        dispatcher.catch(() => dispatchers.delete(key))
      }
      return { dispatcher: await dispatcher, ...(plain && proxy && { through: proxy }) }
    },
    async [Symbol.asyncDispose]() {
      const open = await Promise.allSettled(dispatchers.values())
      dispatchers.clear()
      for (const each of open) if (each.status === 'fulfilled') await each.value.destroy()
    },
  }
}

/** Certificates are part of it: those that changed on disk count from the next connection on. */
function keyOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

async function secureContext(verify: boolean, certificates?: HostCertificates): Promise<SecureContext> {
  const { authorities = [], clients = [] } = certificates ?? {}
  const shown = shownIdentities(clients)
  try {
    return createSecureContext({
      ...(verify && { ca: [...(await systemAuthorities()), ...authorities] }),
      cert: shown.map(({ cert }) => cert),
      key: shown.map(({ key }) => key),
    })
  } catch (error) {
    const problem = messageOf(error)
    throw new StrataError('invalid_argument', `unusable certificates for a registry: ${problem}`, { cause: error })
  }
}

async function systemAuthorities(): Promise<readonly string[]> {
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return [await readFile(path, 'utf8')]
    } catch {
      // The next one may be there.
    }
  }
  return rootCertificates
}
