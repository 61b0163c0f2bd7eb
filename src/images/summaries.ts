import type { ImageRecord, ImageSummary } from './images.ts'
import { isDigestName } from './names.ts'

/** @param names of the image, sorted. */
export function summaryOf(record: ImageRecord, names: Iterable<string>): ImageSummary {
  const tags: string[] = []
  const digests: string[] = []
  for (const name of names) (isDigestName(name) ? digests : tags).push(name)
  return { record, tags, digests }
}

/** Sorts by the time of creation, images without one last, and by ID where that is the same. */
export function newestFirst(summaries: readonly ImageSummary[]): ImageSummary[] {
  return summaries
    .map(summary => ({ summary, time: Date.parse(summary.record.created) || 0 }))
    .sort((a, b) => b.time - a.time || (a.summary.record.id < b.summary.record.id ? -1 : 1))
    .map(({ summary }) => summary)
}
