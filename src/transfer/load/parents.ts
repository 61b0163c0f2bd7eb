import type { Digest, HistoryEntry } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Candidate } from './candidate.ts'

/**
 * The parents of loaded images that are loaded with them, by image. Throws `invalid_argument` with Docker's text for one
 * that can't be: a child has its parent's history and one step more.
 */
export function parentsOf(images: readonly Candidate[]): ReadonlyMap<Digest, Digest> {
  const byID = new Map(images.map(image => [image.id, image]))
  const parents = new Map<Digest, Digest>()
  for (const { id, parent, imageConfig } of images) {
    const found = parent === undefined ? undefined : byID.get(parent)
    if (!found) continue
    if (!isChild(imageConfig.history ?? [], found.imageConfig.history ?? [])) {
      throw new StrataError('invalid_argument', `image ${found.id} is not a valid parent for ${id}`)
    }
    parents.set(id, found.id)
  }
  return parents
}

function isChild(history: readonly HistoryEntry[], parents: readonly HistoryEntry[]): boolean {
  if (history.length === 0 && parents.length === 0) return true
  if (history.length - parents.length !== 1) return false
  return parents.every((entry, position) => JSON.stringify(entry) === JSON.stringify(history[position]))
}
