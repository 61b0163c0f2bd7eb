import { DEFAULT_DOMAIN, OFFICIAL_PREFIX } from './parse.ts'
import type { Reference } from './reference.ts'

function suffix(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`
}

/** The repository, normalised: `docker.io/library/debian`. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`
}

/** The whole reference, normalised: `docker.io/library/debian:bookworm`. Parses back to the same. */
export function formatReference(reference: Reference): string {
  return repositoryName(reference) + suffix(reference)
}

/** The repository as users know it: `debian`. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryName(reference)
  const { path } = reference
  const official = path.startsWith(OFFICIAL_PREFIX) && !path.includes('/', OFFICIAL_PREFIX.length)
  return official ? path.slice(OFFICIAL_PREFIX.length) : path
}

/**
 * The whole reference as users know it: `debian:bookworm`. Parses back to the same, but for one kind of name, as with
 * Docker: a Docker Hub path whose first component could be a domain (`docker.io/a.b/c` is shown as `a.b/c`).
 */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffix(reference)
}
