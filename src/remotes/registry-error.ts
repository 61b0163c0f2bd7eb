import { STATUS_CODES } from 'node:http'
import { collect, type ErrorCode, StrataError } from '../std/index.ts'
import { parseChallenges } from './challenge.ts'
import type { HttpResponse } from './http-client.ts'

/** What a registry says of a failure: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
export interface RegistryProblem {
  /** `MANIFEST_UNKNOWN`, `UNAUTHORIZED`, … */
  readonly code: string
  /** Absent when it says no more than the code. */
  readonly message?: string
}

const BODY_LIMIT = 64 * 1024
const MESSAGE_LIMIT = 2_000

/** What these codes say when the registry has no words of its own. */
const messages: Readonly<Record<string, string>> = {
  UNKNOWN: 'unknown error',
  UNSUPPORTED: 'The operation is unsupported.',
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
  UNAVAILABLE: 'service unavailable',
  TOOMANYREQUESTS: 'too many requests',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  SIZE_INVALID: 'provided length did not match content length',
  NAME_INVALID: 'invalid repository name',
  TAG_INVALID: 'manifest tag did not match URI',
  NAME_UNKNOWN: 'repository name not known to registry',
  MANIFEST_UNKNOWN: 'manifest unknown',
  MANIFEST_INVALID: 'manifest invalid',
  MANIFEST_UNVERIFIED: 'manifest failed signature verification',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
}

const byStatus: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' }

const codes: Readonly<Record<string, ErrorCode>> = {
  UNAUTHORIZED: 'unauthorized',
  DENIED: 'forbidden',
  TOOMANYREQUESTS: 'unavailable',
  MANIFEST_UNKNOWN: 'not_found',
  NAME_UNKNOWN: 'not_found',
  BLOB_UNKNOWN: 'not_found',
  NAME_INVALID: 'invalid_argument',
  UNSUPPORTED: 'not_implemented',
}

/** `manifest unknown: manifest unknown`: code and message as Docker prints them. */
export function describeProblem(problem: RegistryProblem): string {
  const code = problem.code.toLowerCase().replaceAll('_', ' ')
  return problem.message === undefined ? code : `${code}: ${problem.message}`
}

/**
 * Reads a response of status 400 and above into an error with Docker's text. `details`: `status`, `problem`
 * ({@link RegistryProblem}) when there is one, `retryAfter` in milliseconds, `final` when trying again is no use.
 */
export async function registryError(response: HttpResponse): Promise<StrataError> {
  const { status } = response
  const retryAfter = parseRetryAfter(response.headers['retry-after'])
  const details = { status, ...(retryAfter !== undefined && { retryAfter }) }
  if (status >= 500) {
    await response.discard()
    const text = `received unexpected HTTP status: ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
    return new StrataError('unavailable', text, { details: { ...details, final: status === 501 || status === 505 } })
  }
  const problem = oauthProblem(response) ?? (await problemOf(response))
  const code = codes[problem.code] ?? (status === 404 ? 'not_found' : status === 401 ? 'unauthorized' : 'unavailable')
  const final = status !== 408 && (status !== 429 || retryAfter === undefined)
  return new StrataError(code, describeProblem(problem), { details: { ...details, problem, final } })
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
function oauthProblem(response: HttpResponse): RegistryProblem | undefined {
  for (const { scheme, parameters } of parseChallenges(response.headers['www-authenticate'])) {
    if (scheme !== 'bearer') continue
    const code = { invalid_token: 'UNAUTHORIZED', insufficient_scope: 'DENIED' }[parameters.error ?? '']
    if (code) return { code, message: parameters.error_description || messages[code]! }
  }
  return undefined
}

async function problemOf(response: HttpResponse): Promise<RegistryProblem> {
  const fallback = byStatus[response.status] ?? 'UNKNOWN'
  let text = ''
  try {
    text = (await collect(response.body, BODY_LIMIT)).toString()
  } catch {
    // A body that is too long or breaks off says nothing.
  }
  const { code, message, bare } = parseProblem(text, fallback)
  if (bare) return { code }
  const words = message || messages[code] || (STATUS_CODES[response.status] ?? `status ${response.status}`)
  return { code, message: words.slice(0, MESSAGE_LIMIT) }
}

/**
 * `text` is whatever a server sent; `fallback` the code for bodies that name none. `bare`: it says no more than the code,
 * in the very words of the specification; Docker shows the code alone then. Never throws.
 */
export function parseProblem(text: string, fallback: string): Required<RegistryProblem> & { readonly bare?: boolean } {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { code: fallback, message: printable(text) }
  }
  if (typeof body !== 'object' || body === null) return { code: fallback, message: '' }
  const { errors, details, message } = body as { errors?: unknown; details?: unknown; message?: unknown }
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  if (typeof first === 'object' && first !== null) {
    const { code: named, message: words, detail } = first as { code?: unknown; message?: unknown; detail?: unknown }
    const code = typeof named === 'string' && /^[A-Za-z_]{1,64}$/.test(named) ? named.toUpperCase() : fallback
    const text = typeof words === 'string' ? printable(words) : ''
    const bare = (detail ?? undefined) === undefined && text === messages[code]
    return { code, message: text, ...(bare && { bare }) }
  }
  const words = [details, message].find(each => typeof each === 'string') as string | undefined
  return { code: fallback, message: printable(words ?? '') }
}

/** Terminals show these texts: control characters go. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim()
}

/** Seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3) as milliseconds from now. */
export function parseRetryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
