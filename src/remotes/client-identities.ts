import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { StrataError } from '../std/index.ts'

/** A certificate and its key, in PEM. */
export interface ClientIdentity {
  readonly cert: string
  readonly key: string
}

/**
 * Those of several identities that a client can show to a server: one a kind of key, the first that has not run out, or
 * the first. Throws `invalid_argument` with Docker's text for what is no certificate with its key.
 */
export function shownIdentities(all: readonly ClientIdentity[]): ClientIdentity[] {
  const known = all.map(identity => ({ identity, ...parsed(identity) }))
  const kinds = Map.groupBy(known, ({ kind }) => kind)
  const now = new Date()
  return [...kinds.values()].map(each => (each.find(({ end }) => end > now) ?? each[0]!).identity)
}

function parsed({ cert, key }: ClientIdentity): { readonly kind: string | undefined; readonly end: Date } {
  const certificate = read(cert, 'certificate', text => new X509Certificate(text))
  const secret: KeyObject = read(key, 'key', createPrivateKey)
  if (!certificate.checkPrivateKey(secret)) throw unusable('private key does not match public key')
  return { kind: secret.asymmetricKeyType, end: certificate.validToDate }
}

function read<T>(text: string, what: 'certificate' | 'key', parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    const problem = text.includes('-----BEGIN ')
      ? `failed to parse ${what === 'key' ? 'private key' : what}`
      : `failed to find any PEM data in ${what} input`
    throw unusable(problem, error)
  }
}

function unusable(problem: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', `tls: ${problem}`, { cause })
}
