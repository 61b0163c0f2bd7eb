export { trimNamed, withDefaultTag, withDigest, withTag } from './change.ts'
export { familiarName, familiarString, formatReference, repositoryName } from './format.ts'
export { parseReference } from './parse.ts'
export type { Reference } from './reference.ts'
