import type { Filters, ImageSummary } from '../../apitypes/index.ts'
import { type ImageRecord, isDangling, type ImageSummary as StoredSummary } from '../../images/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { globTest } from '../glob.ts'
import { hasLabel } from '../list.ts'
import { familiar } from './familiar.ts'

/** Images, newest first, as `docker images` shows them. */
export function listImages(
  context: EngineContext,
  request: { readonly all: boolean; readonly filters: Filters; readonly sharedSize: boolean },
): ImageSummary[] {
  const all = context.images.list()
  const tests = [...request.filters].map(([key, values]) => filterTest(context, key, values))
  const uses = request.sharedSize ? layerUses(all) : undefined
  return all
    .filter(summary => request.all || !isHeldOnly(summary))
    .map(summary => shownNames(summary, request.filters.get('reference')))
    .filter(found => found !== undefined)
    .filter(({ summary }) => tests.every(test => test(summary)))
    .map(({ summary: { record }, tags, digests }) => ({
      Containers: -1,
      Created: record.created === '' ? 0 : Math.floor(Date.parse(record.created) / 1000),
      Id: record.id,
      Labels: Object.keys(record.labels).length > 0 ? record.labels : null,
      ParentId: record.parent ?? '',
      RepoDigests: digests,
      RepoTags: tags,
      SharedSize: uses ? sharedSize(record, uses) : -1,
      Size: record.size,
    }))
}

/** The image of another platform than the one that a name means. */
function isHeldOnly({ tags, digests, heldBy }: StoredSummary): boolean {
  return tags.length + digests.length === 0 && heldBy.length > 0
}

interface ShownNames {
  readonly summary: StoredSummary
  readonly tags: readonly string[]
  readonly digests: readonly string[]
}

/** With a reference filter, only the names that match are shown, and images with none are not. */
function shownNames(summary: StoredSummary, patterns: readonly string[] | undefined): ShownNames | undefined {
  const tags = familiar(summary.tags)
  const digests = familiar(summary.digests)
  if (!patterns) return { summary, tags, digests }
  const tests = patterns.map(globTest)
  const matches = (name: string) => {
    const repository = name.includes('@') ? name.slice(0, name.indexOf('@')) : name.slice(0, name.lastIndexOf(':'))
    return tests.some(test => test(name) || test(repository))
  }
  const shown = { summary, tags: tags.filter(matches), digests: digests.filter(matches) }
  return shown.tags.length + shown.digests.length > 0 ? shown : undefined
}

function filterTest(
  context: EngineContext,
  key: string,
  values: readonly string[],
): (summary: StoredSummary) => boolean {
  switch (key) {
    case 'reference':
      return () => true
    case 'dangling': {
      const wanted = boolean(key, values[0] ?? '')
      return summary => isDangling(summary) === wanted
    }
    case 'label':
      return ({ record }) => values.every(value => hasLabel(record.labels, value))
    case 'before':
    case 'since': {
      const than = context.images.resolve(values[0] ?? '').record.created
      return ({ record }) => (key === 'before' ? record.created < than : record.created > than)
    }
    case 'until': {
      const until = /^\d+$/.test(values[0] ?? '') ? Number(values[0]) * 1000 : Date.parse(values[0] ?? '')
      if (Number.isNaN(until)) throw new StrataError('invalid_argument', `invalid filter 'until=${values[0]}'`)
      return ({ record }) => Date.parse(record.created) < until
    }
    default:
      throw new StrataError('invalid_argument', `invalid filter '${key}'`)
  }
}

function boolean(key: string, value: string): boolean {
  if (['true', '1', 'True', 'TRUE', 't'].includes(value)) return true
  if (['false', '0', 'False', 'FALSE', 'f'].includes(value)) return false
  throw new StrataError('invalid_argument', `invalid filter '${key}=[${value}]'`)
}

function layerUses(all: readonly StoredSummary[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>()
  for (const { record } of all) {
    for (const layer of new Set(record.layers.map(({ diffID }) => diffID))) uses.set(layer, (uses.get(layer) ?? 0) + 1)
  }
  return uses
}

function sharedSize(record: ImageRecord, uses: ReadonlyMap<string, number>): number {
  return record.layers.reduce((sum, layer) => sum + ((uses.get(layer.diffID) ?? 0) > 1 ? layer.size : 0), 0)
}
