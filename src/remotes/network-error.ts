import { STATUS_CODES } from 'node:http'
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { canceled, StrataError } from '../std/index.ts'
import { redactUrl } from './redact.ts'
import { alertIn } from './tls-alerts.ts'

interface SystemError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  /** What a server showed that is somebody else. */
  readonly cert?: PeerCertificate
  readonly errors?: readonly Error[]
}

/** Failures that the next attempt meets again, so that waiting is no use. */
const FINAL = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO'])

/** Failures to get a connection at all. */
const DIAL = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/

/** What may be otherwise the next time, of what a proxy answers instead of a registry: RFC 9110, section 15. */
const PASSING = /^(?:408|429|5\d\d)$/

/** How undici says that a proxy refused a tunnel. */
const PROXY_ANSWER = /^Proxy response \((\d{3})\)/

const TLS = /^(ERR_TLS|ERR_OSSL|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

interface Exchange {
  readonly method: string
  readonly url: URL
  readonly signal: AbortSignal
  /** The proxy that it went by. */
  readonly proxy?: URL
  /** Whether the answer has begun. */
  readonly begun?: boolean
}

/** The failure of an exchange that a proxy answered by itself. */
export function proxyAnswer(status: number): Error {
  return new Error(`Proxy response (${status})`)
}

/**
 * What a failed exchange is to users: `unavailable` with the text that Docker shows, `details.reason` the errno-like
 * code, `details.final` true when trying again at once is no use; `canceled` when `signal` was aborted.
 */
export function networkError(error: unknown, context: Exchange): StrataError {
  if (context.signal.aborted) return canceled(context.signal)
  if (error instanceof StrataError) return error
  const failure = innermost(error)
  const refused = PROXY_ANSWER.exec(failure.message)?.[1]
  const reason = refused ? 'PROXY' : (failure.code ?? 'UNKNOWN')
  const what = `${context.method.charAt(0)}${context.method.slice(1).toLowerCase()}`
  const words = refused
    ? (STATUS_CODES[refused] ?? `status ${refused} of the proxy`)
    : context.proxy && DIAL.test(reason)
      ? `proxyconnect tcp: ${describe(failure, context.proxy)}`
      : describe(failure, context.url, context.begun)
  return new StrataError('unavailable', `${what} "${redactUrl(context.url)}": ${words}`, {
    cause: error,
    details: {
      reason,
      final: FINAL.has(reason) || TLS.test(reason) || (refused !== undefined && !PASSING.test(refused)),
    },
  })
}

function innermost(error: unknown): SystemError {
  const failure = (error instanceof Error ? error : new Error(String(error))) as SystemError
  if (failure.errors?.[0]) return innermost(failure.errors[0])
  if (failure.cause instanceof Error && failure.code === 'UND_ERR_SOCKET') return innermost(failure.cause)
  return failure
}

function describe(failure: SystemError, url: URL, begun = false): string {
  const alert = alertIn(failure)
  if (alert !== undefined) return `remote error: tls: ${alert}`
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const address = failure.address
    ? `${failure.address.includes(':') ? `[${failure.address}]` : failure.address}:${failure.port ?? port}`
    : `${url.hostname}:${port}`
  switch (failure.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${failure.hostname ?? url.hostname}: no such host`
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${failure.hostname ?? url.hostname}: server misbehaving`
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `dial tcp ${address}: i/o timeout`
    case 'ECONNRESET':
      return 'connection reset by peer'
    case 'EPIPE':
      return 'broken pipe'
    case 'UND_ERR_SOCKET':
      return begun ? 'unexpected EOF' : 'EOF'
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'unexpected EOF'
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'net/http: timeout awaiting response headers'
    case 'UND_ERR_BODY_TIMEOUT':
      return 'no data came for too long'
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client'
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${otherNames(failure, url.hostname)}`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    default:
      return failure.message
  }
}

/** Go's words for a certificate that is not the host's. */
function otherNames({ cert }: SystemError, hostname: string): string {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const names = (cert?.subjectaltname ?? '').split(', ').map(each => /^(DNS|IP Address):(.*)$/.exec(each))
  const of = (kind: string) => names.flatMap(each => (each?.[1] === kind ? [each[2]!] : []))
  const [addresses, domains] = [of('IP Address'), of('DNS')]
  if (isIP(host) !== 0 && addresses.length === 0) {
    return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
  }
  const valid = isIP(host) !== 0 ? addresses : domains
  if (valid.length > 0) return `certificate is valid for ${valid.join(', ')}, not ${host}`
  return `certificate is not valid for any names, but wanted to match ${host}`
}
