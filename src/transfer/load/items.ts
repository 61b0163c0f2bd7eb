import { list, parseFirst, read, string, struct } from '../../gojson/index.ts'
import { type Digest, isDigest } from '../../oci/index.ts'
import { parseReference, type Reference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'

/** An image of Docker's `manifest.json`: paths in the archive. */
export interface Item {
  readonly config: string
  /** Lowest first. */
  readonly layers: readonly string[]
  /** Each with a tag. */
  readonly references: readonly Reference[]
  readonly parent?: Digest
}

const items = list(
  struct('tarexport.manifestItem', { Config: string, RepoTags: list(string), Layers: list(string), Parent: string }),
)

/** Reads `manifest.json`. Throws `invalid_argument` with Docker's texts. */
export function parseItems(bytes: Uint8Array): Item[] {
  const found = read(items, parseFirst(Buffer.from(bytes).toString('utf8')).value)
  if (found === null) throw invalid('invalid manifest, manifest cannot be null (but can be [])')
  return found.map(({ Config, Layers, RepoTags, Parent }) => ({
    config: Config,
    layers: Layers ?? [],
    references: (RepoTags ?? []).map(taggedReference),
    ...(Parent !== '' && { parent: parentOf(Parent) }),
  }))
}

function parentOf(text: string): Digest {
  if (isDigest(text)) return text
  throw invalid(`invalid parent ${JSON.stringify(text)}`)
}

/** A name with a tag. Throws Docker's text for any other. */
export function taggedReference(name: string): Reference {
  const reference = parseReference(name)
  if (reference.tag === undefined) throw invalid(`invalid tag ${JSON.stringify(name)}`)
  return { domain: reference.domain, path: reference.path, tag: reference.tag }
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
