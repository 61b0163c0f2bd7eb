import type { ImageRecord, ImageSummary } from './images.ts'
import { isDigestName } from './names.ts'

/** How a name is tied to an image: it means it; it holds it as another platform's; it means it, and holds its index. */
export type Tie = typeof NAMED | typeof HELD | typeof HOLDING
export const NAMED = 0
export const HELD = 1
export const HOLDING = 2

/** @param ties of the image, sorted by name. */
export function summaryOf(record: ImageRecord, ties: Iterable<readonly [name: string, tie: Tie]>): ImageSummary {
  const tags: string[] = []
  const digests: string[] = []
  const heldBy: string[] = []
  const holding: string[] = []
  for (const [name, tie] of ties) {
    if (tie === HELD) heldBy.push(name)
    else (isDigestName(name) ? digests : tags).push(name)
    if (tie === HOLDING) holding.push(name)
  }
  return { record, tags, digests, heldBy, holding }
}

/** Whether no name leads to the image, nor holds it. */
export function isDangling({ tags, digests, heldBy }: ImageSummary): boolean {
  return tags.length + digests.length + heldBy.length === 0
}

/** Whether names hold the image as another platform's, and none leads to it. */
export function isHeldOnly({ tags, digests, heldBy }: ImageSummary): boolean {
  return tags.length + digests.length === 0 && heldBy.length > 0
}

/** Sorts by the time of creation, images without one last, and by ID where that is the same. */
export function newestFirst(summaries: readonly ImageSummary[]): ImageSummary[] {
  return summaries
    .map(summary => ({ summary, time: Date.parse(summary.record.created) || 0 }))
    .sort((a, b) => b.time - a.time || (a.summary.record.id < b.summary.record.id ? -1 : 1))
    .map(({ summary }) => summary)
}
