import type { Digest } from '../oci/index.ts'
import { isTag } from './grammar.ts'
import { invalidReference } from './parse.ts'
import type { Reference } from './reference.ts'

/** The repository alone. */
export function trimNamed(reference: Reference): Reference {
  return { domain: reference.domain, path: reference.path }
}

/** Sets the tag; a digest stays. Throws `invalid_argument` "invalid tag format". */
export function withTag(reference: Reference, tag: string): Reference {
  if (!isTag(tag)) throw invalidReference('invalid tag format')
  return { ...reference, tag }
}

/** Sets the digest; a tag stays. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  return { ...reference, digest }
}

/** Adds `latest` to a reference that has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference
}
