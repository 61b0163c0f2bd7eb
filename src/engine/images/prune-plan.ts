import type { Filters } from '../../apitypes/index.ts'
import { type ImageRecord, type ImageSummary, isHeldOnly } from '../../images/index.ts'
import type { Digest } from '../../oci/index.ts'
import { familiarName, parseReference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { boolFilter, labelTest } from '../filter-values.ts'
import { ofImages, untilFilter } from '../until.ts'
import { createdAt } from './age.ts'
import { heldUnder, imagesHeld } from './held.ts'

/** What a prune does with an image, and why. */
export interface PruneDecision {
  readonly summary: ImageSummary
  readonly removed: boolean
  readonly reason: string
}

export interface PrunePlan {
  /** Newest first. */
  readonly plan: readonly PruneDecision[]
  /** Whether a removed image can no longer be restored after it. */
  readonly forgets: (record: ImageRecord) => boolean
}

/** What a prune by these filters would do with each image. Throws `invalid_argument` for bad values. */
export function planPrune(context: EngineContext, filters: Filters): PrunePlan {
  const danglingOnly = boolFilter(filters, 'dangling') ?? true
  const passes = recordTest(context, filters)
  const all = context.images.list()
  const newest = newestOfRepositories(all, keepFilter(filters))
  const users = new Map(context.containers.all().map(({ record }) => [record.image, record.name]))
  const keepReason = (summary: ImageSummary): string | undefined => {
    const { record, tags, digests } = summary
    const user = users.get(record.id)
    if (user !== undefined) return `container ${user} uses it`
    const other = heldUnder(context, summary)
      .flatMap(imagesHeld)
      .find(id => users.has(id))
    if (other !== undefined) return `container ${users.get(other)} uses another platform of it`
    if (isHeldOnly(summary)) return 'a name has it for another platform'
    const nameless = tags.length + digests.length === 0
    if (nameless && context.images.children(record.id).length > 0) return 'images are made of it'
    if (danglingOnly && tags.length > 0) return 'it has a name'
    return newest.get(record.id) ?? passes(record)
  }
  const gone = new Set<Digest>()
  const decided = all.map(summary => {
    const { record, tags } = summary
    const made = tags.length === 0 ? context.images.children(record.id) : []
    // Images come after those that were made of them.
    const goesAlong = made.length > 0 && made.every(id => gone.has(id)) && !users.has(record.id)
    const kept = goesAlong ? undefined : keepReason(summary)
    if (kept === undefined) gone.add(record.id)
    const reason = kept ?? (goesAlong ? 'what was made of it goes' : removalReason(context, summary))
    return { summary, removed: kept === undefined, reason }
  })
  const means = (name: string) => context.images.name(parseReference(name))?.image
  const plan = decided.map(decision => {
    const { summary } = decision
    const goes =
      isHeldOnly(summary) && summary.heldBy.every(name => gone.has(means(name)!)) && !users.has(summary.record.id)
    return goes ? { summary, removed: true, reason: 'the names that have it for another platform go' } : decision
  })
  return { plan, forgets: record => passes(record) === undefined }
}

function removalReason(context: EngineContext, { record, tags }: ImageSummary): string {
  const why = tags.length > 0 ? 'no container uses it' : 'it has no name'
  const used = context.images.usedAt(record.id)
  return used === undefined ? why : `${why}, last used ${new Date(used).toISOString()}`
}

/** A test of what an image itself says: why it stays; undefined when it doesn't. */
function recordTest(context: EngineContext, filters: Filters): (record: ImageRecord) => string | undefined {
  const until = ofImages(() => untilFilter(filters, Date.now()))
  const unused = unusedFilter(filters)
  const labelled = labelTest(filters)
  return record => {
    const created = createdAt(record)
    if (until !== undefined && !(created !== undefined && created <= until)) return 'it was made later than asked'
    if (!labelled(record.labels)) return 'its labels are not those asked for'
    const used = context.images.usedAt(record.id) ?? (Date.parse(record.lastTagged ?? '') || 0)
    if (unused && used > Date.now() - unused.milliseconds) {
      return `it was used ${new Date(used).toISOString()}, within ${unused.text}`
    }
    return undefined
  }
}

const units: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

function oneValue(filters: Filters, key: string): string | undefined {
  const [value, ...more] = filters.get(key) ?? []
  if (more.length > 0) throw new StrataError('invalid_argument', `more than one ${key} filter specified`)
  return value
}

/** `unused-for`: `30d`, `12h`, `1d12h`. */
function unusedFilter(filters: Filters): { readonly text: string; readonly milliseconds: number } | undefined {
  const text = oneValue(filters, 'unused-for')
  if (text === undefined) return undefined
  if (!/^(?:\d{1,9}[smhdw])+$/.test(text)) {
    const expected = 'a number and one of s, m, h, d and w is expected, as in 30d'
    throw new StrataError('invalid_argument', `invalid filter 'unused-for=${text}': ${expected}`)
  }
  let milliseconds = 0
  for (const [, number, unit] of text.matchAll(/(\d+)(\w)/g)) milliseconds += Number(number) * units[unit!]!
  return { text, milliseconds }
}

function keepFilter(filters: Filters): number | undefined {
  const text = oneValue(filters, 'keep')
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new StrataError('invalid_argument', `invalid filter 'keep=${text}': a number is expected`)
}

/** The `keep` newest images of each repository, and why they stay. */
function newestOfRepositories(all: readonly ImageSummary[], keep: number | undefined): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>()
  if (keep === undefined) return reasons
  const counts = new Map<string, number>()
  const byTime = all.toSorted(({ record: a }, { record: b }) => {
    const older = (createdAt(b) ?? 0) - (createdAt(a) ?? 0)
    return older || (Date.parse(b.lastTagged ?? '') || 0) - (Date.parse(a.lastTagged ?? '') || 0)
  })
  for (const { record, tags } of byTime) {
    for (const repository of new Set(tags.map(tag => familiarName(parseReference(tag))))) {
      const count = (counts.get(repository) ?? 0) + 1
      counts.set(repository, count)
      if (count <= keep && !reasons.has(record.id))
        reasons.set(record.id, `it is among the ${keep} newest of ${repository}`)
    }
  }
  return reasons
}
