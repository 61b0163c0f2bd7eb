import type { RegistryCredentials } from './images/backend.ts'

/**
 * The `X-Registry-Auth` header: base64url (or base64) of JSON. As in dockerd, a header that can't be read counts as no
 * credentials: the registry then decides.
 */
export function parseRegistryAuth(header: string | undefined): RegistryCredentials | undefined {
  if (!header) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  return typeof parsed === 'object' && parsed !== null ? credentialsIn(parsed) : undefined
}

/** The credentials of Docker's `AuthConfig`; undefined when there are none. */
export function credentialsIn(config: object): RegistryCredentials | undefined {
  const fields = new Map(Object.entries(config).map(([key, value]) => [key.toLowerCase(), value]))
  const text = (key: string) => {
    const value: unknown = fields.get(key)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [fromAuth, password] = splitAuth(text('auth'))
  const found = {
    username: text('username') ?? fromAuth,
    password: text('password') ?? password,
    identityToken: text('identitytoken'),
    registryToken: text('registrytoken'),
  }
  const credentials: RegistryCredentials = Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  )
  return Object.keys(credentials).length > 0 ? credentials : undefined
}

/** The older `auth` field: base64 of `user:password`. */
function splitAuth(auth: string | undefined): [string?, string?] {
  if (auth === undefined) return []
  const decoded = Buffer.from(auth, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 1 ? [] : [decoded.slice(0, colon), decoded.slice(colon + 1)]
}
