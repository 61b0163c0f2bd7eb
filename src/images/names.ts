import {
  familiarString,
  formatReference,
  parseReference,
  type Reference,
  trimNamed,
  withDefaultTag,
  withDigest,
} from '../reference/index.ts'

/** The name that a reference stands for: that with the digest when it has one, whatever its tag; else with tag or `latest`. */
export function nameOf(reference: Reference): string {
  const { digest } = reference
  return formatReference(digest === undefined ? withDefaultTag(reference) : withDigest(trimNamed(reference), digest))
}

export function isDigestName(name: string): boolean {
  return name.includes('@')
}

/** The name that `text` stands for, and how errors show it. Throws `invalid_argument` with Docker's text. */
export function parseName(text: string): { readonly name: string; readonly shown: string } {
  const reference = parseReference(text)
  return { name: nameOf(reference), shown: familiarString(withDefaultTag(reference)) }
}
