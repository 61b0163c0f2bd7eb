import type { Filters } from '../../apitypes/index.ts'
import { type ImageSummary, isHeldOnly } from '../../images/index.ts'
import type { EngineContext } from '../context.ts'
import { boolFilter, labelTest } from '../filter-values.ts'
import { untilFilter } from '../until.ts'
import { createdAt } from './age.ts'

/** What a prune does with an image, and why. */
export interface PruneDecision {
  readonly summary: ImageSummary
  readonly removed: boolean
  readonly reason: string
}

/** What a prune by these filters would do with each image, newest first. Throws `invalid_argument` for bad values. */
export function planPrune(context: EngineContext, filters: Filters): PruneDecision[] {
  const danglingOnly = boolFilter(filters, 'dangling') ?? true
  const until = untilFilter(filters, Date.now())
  const labelled = labelTest(filters)
  const users = new Map(context.containers.all().map(({ record }) => [record.image, record.name]))
  const keepReason = (summary: ImageSummary): string | undefined => {
    const { record, tags, digests } = summary
    const user = users.get(record.id)
    if (user !== undefined) return `container ${user} uses it`
    if (isHeldOnly(summary)) return 'a name has it for another platform'
    if (tags.length + digests.length === 0 && context.images.children(record.id).length > 0)
      return 'images are made of it'
    if (danglingOnly && tags.length > 0) return 'it has a name'
    if (until !== undefined && !((createdAt(record) ?? Number.POSITIVE_INFINITY) <= until))
      return 'it was made later than asked'
    if (!labelled(record.labels)) return 'its labels are not those asked for'
    return undefined
  }
  return context.images.list().map(summary => {
    const kept = keepReason(summary)
    const removed = kept === undefined
    return { summary, removed, reason: kept ?? (summary.tags.length > 0 ? 'no container uses it' : 'it has no name') }
  })
}
