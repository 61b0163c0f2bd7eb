import { parseDigest } from '../oci/index.ts'
import { StrataError } from '../std/index.ts'
import { isDomain, isIdentifier, isPath, isTag, looksLikeDigest } from './grammar.ts'
import type { Reference } from './reference.ts'

export const DEFAULT_DOMAIN = 'docker.io'
/** The old name of {@link DEFAULT_DOMAIN}; still what logins to it are kept under. */
const LEGACY_DOMAIN = 'index.docker.io'
export const OFFICIAL_PREFIX = 'library/'
/** The most characters of a repository's path. */
const PATH_LIMIT = 255

/** The error for a text that is no reference. */
export function invalidReference(message = 'invalid reference format'): StrataError {
  return new StrataError('invalid_argument', message)
}

/**
 * What a user means by an image name: the first component is a domain only when it can't be anything else (it has a `.`,
 * a `:` or an upper-case letter, or is `localhost`), otherwise the name is one of Docker Hub's; and Hub's names of one
 * component are official images.
 * Throws `invalid_argument` with the text of Docker's reference package. One kind of name that Docker takes, as a path
 * without any domain, is refused: `my_host.com/x`, where the first component must be a domain and can't be one.
 */
export function parseReference(text: string): Reference {
  if (isIdentifier(text)) {
    throw invalidReference(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`)
  }
  const [domain, remainder] = splitDomain(text)
  const colon = remainder.indexOf(':')
  const named = colon < 0 ? remainder : remainder.slice(0, colon)
  if (named !== named.toLowerCase()) {
    throw invalidReference(`invalid reference format: repository name (${named}) must be lowercase`)
  }
  const at = remainder.indexOf('@')
  const digest = at < 0 ? undefined : remainder.slice(at + 1)
  const rest = at < 0 ? remainder : remainder.slice(0, at)
  const tagAt = rest.indexOf(':')
  const tag = tagAt < 0 ? undefined : rest.slice(tagAt + 1)
  const path = tagAt < 0 ? rest : rest.slice(0, tagAt)
  if (!isDomain(domain) || !isPath(path)) throw invalidReference()
  if (tag !== undefined && !isTag(tag)) throw invalidReference()
  if (digest !== undefined && !looksLikeDigest(digest)) throw invalidReference()
  if (path.length > PATH_LIMIT) throw invalidReference(`repository name must not be more than ${PATH_LIMIT} characters`)
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: parseDigest(digest) }),
  }
}

function splitDomain(text: string): [domain: string, remainder: string] {
  const slash = text.indexOf('/')
  if (slash < 0) return [DEFAULT_DOMAIN, OFFICIAL_PREFIX + text]
  const first = text.slice(0, slash)
  const isDomainName = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  const domain = !isDomainName || first === LEGACY_DOMAIN ? DEFAULT_DOMAIN : first
  const remainder = isDomainName ? text.slice(slash + 1) : text
  if (domain === DEFAULT_DOMAIN && !remainder.includes('/')) return [domain, OFFICIAL_PREFIX + remainder]
  return [domain, remainder]
}
