import type { Filters, ImageManifestSummary, ImageSummary } from '../../apitypes/index.ts'
import { type ImageLayer, isHeldOnly, type ImageSummary as StoredSummary } from '../../images/index.ts'
import type { Digest } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { boolFilter } from '../filter-values.ts'
import { globTest, isGlob } from '../glob.ts'
import { hasLabel } from '../list.ts'
import { momentOf, ofImages } from '../until.ts'
import { createdAt, createdSeconds } from './age.ts'
import { familiar } from './familiar.ts'
import { blobsHeld, type HoldingName, heldUnder, imagesHeld, sizeOfBlobs, summariesOfHeld } from './held.ts'
import { LayerTree } from './layer-tree.ts'

export interface ListImagesRequest {
  readonly all: boolean
  readonly filters: Filters
  readonly sharedSize: boolean
  /** What is here of each manifest of the indexes that names hold. */
  readonly manifests: boolean
}

/** Images, newest first, as `docker images` shows them. */
export async function listImages(context: EngineContext, request: ListImagesRequest): Promise<ImageSummary[]> {
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
    const held = heldUnder(context, summary)
    // Most names hold nothing more, and then no record is read again.
    const ids = new Set([record.id, ...held.flatMap(imagesHeld)])
    const chains = [...ids].flatMap(id => (id === record.id ? [record.layers] : chainOf(context, id)))
    found.push({
      Containers: ids.values().reduce((sum, id) => sum + (containers.get(id) ?? 0), 0),
      Created: createdSeconds(record),
      Id: record.id,
      Labels: record.labels,
      ParentId: record.parent ?? '',
      ...(held[0] && { Descriptor: held[0].target }),
      ...(request.manifests && held.length > 0 && { Manifests: await manifestsOf(context, held) }),
      RepoDigests: digests,
      RepoTags: tags,
      SharedSize: tree ? tree.sharedBy(chains) : -1,
      Size: held.length > 0 ? await sizeOf(context, chains, held) : record.size,
    })
  }
  return found
}

/** The layers of an image, if it is here. */
function chainOf(context: EngineContext, id: Digest): (readonly ImageLayer[])[] {
  const layers = context.images.get(id)?.layers
  return layers ? [layers] : []
}

/** The manifests of several indexes, each once. */
async function manifestsOf(context: EngineContext, held: readonly HoldingName[]): Promise<ImageManifestSummary[]> {
  const found = new Map<string, ImageManifestSummary>()
  for (const each of held) {
    for (const summary of await summariesOfHeld(context, each)) {
      if (summary.Available || !found.has(summary.ID)) found.set(summary.ID, summary)
    }
  }
  return [...found.values()]
}

/** Bytes of the layers and of the blobs that names hold. */
async function sizeOf(
  context: EngineContext,
  chains: readonly (readonly ImageLayer[])[],
  held: readonly HoldingName[],
): Promise<number> {
  return new LayerTree(chains).size + (await sizeOfBlobs(context, held.flatMap(blobsHeld)))
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
  for (const value of filters.get('until') ?? []) before.push(ofImages(() => momentOf(value, Date.now())))
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
    if (!patterns.every(isGlob)) throw new StrataError('internal', 'syntax error in pattern')
    const repository = name.includes('@') ? name.slice(0, name.indexOf('@')) : name.slice(0, name.lastIndexOf(':'))
    return tests.some(test => test(name) || test(repository))
  }
}
