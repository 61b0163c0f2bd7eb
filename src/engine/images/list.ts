import type { Filters, ImageSummary } from '../../apitypes/index.ts'
import { isHeldOnly, type ImageSummary as StoredSummary } from '../../images/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { boolFilter } from '../filter-values.ts'
import { globTest, isGlob } from '../glob.ts'
import { hasLabel } from '../list.ts'
import { momentOf } from '../until.ts'
import { createdAt, createdSeconds } from './age.ts'
import { familiar } from './familiar.ts'
import { LayerTree } from './layer-tree.ts'

export interface ListImagesRequest {
  readonly all: boolean
  readonly filters: Filters
  readonly sharedSize: boolean
}

/** Images, newest first, as `docker images` shows them. */
export function listImages(context: EngineContext, request: ListImagesRequest): ImageSummary[] {
  const { filters } = request
  const dangling = boolFilter(filters, 'dangling')
  const inTime = timeTest(context, filters)
  const labels = filters.get('label') ?? []
  const matching = filters.has('reference') ? referenceTest(filters.get('reference')!) : undefined
  const all = context.images.list()
  const parents = new Set(all.map(({ record }) => record.parent))
  const containers = containerCounts(context)
  const tree = request.sharedSize ? new LayerTree(all.map(({ record }) => record.layers)) : undefined
  const found: ImageSummary[] = []
  for (const summary of all) {
    const { record } = summary
    if (!inTime(createdAt(record)) || !labels.every(label => hasLabel(record.labels, label))) continue
    const tags = shown(summary.tags, matching)
    const digests = shown(summary.digests, matching)
    const isParent = parents.has(record.id)
    if (isHeldOnly(summary) && (!request.all || dangling)) continue
    if (tags.length + digests.length === 0) {
      if (isParent && (!request.all || dangling)) continue
      if (dangling === false || matching) continue
    } else if (dangling && (tags.length > 0 || isParent)) continue
    found.push({
      Containers: containers.get(record.id) ?? 0,
      Created: createdSeconds(record),
      Id: record.id,
      Labels: Object.keys(record.labels).length > 0 ? record.labels : null,
      ParentId: record.parent ?? '',
      RepoDigests: digests,
      RepoTags: tags,
      SharedSize: tree ? tree.sharedBy(record.layers) : -1,
      Size: record.size,
    })
  }
  return found
}

/** How many containers, running or not, each image has. */
function containerCounts(context: EngineContext): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { record } of context.containers.all()) counts.set(record.image, (counts.get(record.image) ?? 0) + 1)
  return counts
}

function shown(names: StoredSummary['tags'], matching: ((name: string) => boolean) | undefined): string[] {
  const shown = familiar(names)
  return matching ? shown.filter(matching) : shown
}

/** `before`, `since` and `until`: of several values the narrowest counts. An image without a time passes none of them. */
function timeTest(context: EngineContext, filters: Filters): (created: number | undefined) => boolean {
  const timesOf = (key: string) =>
    (filters.get(key) ?? []).flatMap(value => createdAt(context.images.resolve(value).record) ?? [])
  const before = timesOf('before')
  for (const value of filters.get('until') ?? []) before.push(momentOf(value, Date.now()))
  const since = timesOf('since')
  if (before.length + since.length === 0) return () => true
  const end = Math.min(...before)
  const start = Math.max(...since)
  return created => created !== undefined && created < end && created > start
}

/** Whether a familiar name, or the repository in it, matches one of the patterns. */
function referenceTest(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map(globTest)
  return name => {
    if (!patterns.every(isGlob)) throw new StrataError('invalid_argument', 'syntax error in pattern')
    const repository = name.includes('@') ? name.slice(0, name.indexOf('@')) : name.slice(0, name.lastIndexOf(':'))
    return tests.some(test => test(name) || test(repository))
  }
}
