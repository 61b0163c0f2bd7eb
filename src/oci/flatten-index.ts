import { StrataError } from '../std/index.ts'
import { isIndex } from './media-types.ts'
import type { Descriptor, Digest, Index } from './oci.ts'

/** How deep indexes may lie in one another. */
const DEEPEST = 8
/** The most indexes within one. */
const MOST_INDEXES = 100
/** The most entries of the indexes within one, all together. */
const MOST_ENTRIES = 10_000

/** What an index leads to when the indexes within it are replaced by what they list. */
export interface FlatIndex {
  /**
   * In order, as they are listed; one that is listed without a platform has that of the index which lists it. Indexes that
   * could not be read stand among them.
   */
  readonly manifests: readonly Descriptor[]
  /** The indexes within it that were read, each once and after those that it lists. */
  readonly indexes: readonly Descriptor[]
}

/**
 * Walks through the indexes within an index. `read` gives what a descriptor of one leads to, or undefined when it can't be
 * had. Throws `invalid_argument` for indexes that lie too deep or are too many.
 */
export async function flattenIndex(
  index: Index,
  read: (descriptor: Descriptor) => Promise<Index | undefined>,
): Promise<FlatIndex> {
  const manifests: Descriptor[] = []
  const indexes: Descriptor[] = []
  const seen = new Set<Digest>()
  let entries = 0
  const walk = async (from: Index, platform: Descriptor['platform'], depth: number) => {
    for (const listed of from.manifests) {
      const descriptor = platform && !listed.platform ? { ...listed, platform } : listed
      if (!isIndex(listed.mediaType)) {
        manifests.push(descriptor)
        continue
      }
      // Within itself too none is read twice.
      if (seen.has(listed.digest)) continue
      seen.add(listed.digest)
      if (depth === DEEPEST) throw invalid(`indexes lie more than ${DEEPEST} deep within an index`)
      if (seen.size > MOST_INDEXES) throw invalid(`more than ${MOST_INDEXES} indexes lie within an index`)
      const inner = await read(listed)
      if (!inner) {
        manifests.push(descriptor)
        continue
      }
      entries += inner.manifests.length
      if (entries > MOST_ENTRIES) throw invalid(`indexes within an index have more than ${MOST_ENTRIES} entries`)
      await walk(inner, descriptor.platform, depth + 1)
      indexes.push(listed)
    }
  }
  await walk(index, undefined, 0)
  return { manifests, indexes }
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
