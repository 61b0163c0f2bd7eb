import { familiarName, parseReference, type Reference, withDefaultTag, withTag } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'

/** The name that an image is to get, as a client gives it: both may be empty. */
export interface TargetName {
  readonly repo: string
  readonly tag: string
}

/** The reference of a target. Throws `invalid_argument` for what is no name, and for one with a digest. */
export function targetReference({ repo, tag }: TargetName): Reference {
  const parsed = parseReference(repo)
  if (parsed.digest !== undefined) throw new StrataError('invalid_argument', 'cannot import digest reference')
  if (familiarName(parsed) === 'sha256') {
    const why = 'refusing to create an ambiguous tag using digest algorithm as name'
    throw new StrataError('invalid_argument', why)
  }
  return tag === '' ? withDefaultTag(parsed) : withTag(parsed, tag)
}

/** The reference for an image that is made here; undefined for one that shall have no name. */
export function newReference(target: TargetName): Reference | undefined {
  return target.repo === '' ? undefined : targetReference(target)
}
