import { map, parseFirst, read, string } from '../../gojson/index.ts'
import { familiarName, parseReference, type Reference, trimNamed, withTag } from '../../reference/index.ts'

/** A name in `repositories`, the list of names of archives of Docker before 1.10. */
export interface ListedName {
  /** The ID that the image has in the archive. */
  readonly target: string
  /** The name; undefined for one that Docker silently leaves out. Throws `invalid_argument` for what is no name. */
  readonly reference: () => Reference | undefined
}

const repositories = map(map(string))

/** Reads `repositories`. Throws `invalid_argument` with Docker's texts. */
export function parseRepositories(bytes: Uint8Array): ListedName[] {
  const found = read(repositories, parseFirst(Buffer.from(bytes).toString('utf8')).value)
  return Object.entries(found ?? {}).flatMap(([name, tags]) =>
    Object.entries(tags ?? {}).map(([tag, target]) => ({ target, reference: () => referenceOf(name, tag) })),
  )
}

function referenceOf(name: string, tag: string): Reference | undefined {
  const parsed = parseReference(name)
  const reference = withTag(trimNamed(parsed), tag)
  return parsed.digest === undefined && familiarName(reference) !== 'sha256' ? reference : undefined
}
