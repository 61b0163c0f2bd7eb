import type { Filters, HistoryItem, ImageInspect, ImageSummary } from '../apitypes/index.ts'
import type { ImageRecord, ImageSummary as StoredSummary } from '../images/index.ts'
import { parsePlatform } from '../oci/index.ts'
import {
  familiarName,
  familiarString,
  parseReference,
  type Reference,
  withDefaultTag,
  withTag,
} from '../reference/index.ts'
import type { Credentials } from '../remotes/index.ts'
import { StrataError } from '../std/index.ts'
import type { ProgressEvent } from '../transfer/index.ts'
import { never } from './container.ts'
import { type EngineContext, publish } from './context.ts'
import { globTest } from './glob.ts'
import { hasLabel } from './list.ts'

export interface PullRequest {
  readonly reference: string
  readonly platform?: string
  readonly credentials?: Credentials
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Pulls one image and tells of it. */
export async function pullImage(context: EngineContext, request: PullRequest): Promise<void> {
  const reference = parseReference(request.reference)
  if (reference.tag === undefined && reference.digest === undefined) {
    throw new StrataError('not_implemented', 'pulling all tags of a repository is not implemented yet')
  }
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  await context.puller.pull(reference, {
    progress: request.progress,
    signal,
    ...(request.platform ? { platform: parsePlatform(request.platform) } : {}),
    ...(request.credentials ? { credentials: request.credentials } : {}),
  })
  const name = familiarString(reference)
  publish(context, 'image', 'pull', name, { ...labelsOf(context, name), name: familiarName(reference) })
}

function labelsOf(context: EngineContext, name: string): Readonly<Record<string, string>> {
  return context.images.resolve(name).record.labels
}

const familiar = (names: readonly string[]) => names.map(name => familiarString(parseReference(name)))

/** Images, newest first, as `docker images` shows them. */
export function listImages(
  context: EngineContext,
  request: { readonly all: boolean; readonly filters: Filters; readonly sharedSize: boolean },
): ImageSummary[] {
  const all = context.images.list()
  const tests = [...request.filters].map(([key, values]) => filterTest(context, key, values))
  const uses = request.sharedSize ? layerUses(all) : undefined
  return all
    .map(summary => shownNames(summary, request.filters.get('reference')))
    .filter(found => found !== undefined)
    .filter(({ summary }) => tests.every(test => test(summary)))
    .map(({ summary: { record }, tags, digests }) => ({
      Containers: -1,
      Created: record.created === '' ? 0 : Math.floor(Date.parse(record.created) / 1000),
      Id: record.id,
      Labels: Object.keys(record.labels).length > 0 ? record.labels : null,
      ParentId: '',
      RepoDigests: digests,
      RepoTags: tags,
      SharedSize: uses ? sharedSize(record, uses) : -1,
      Size: record.size,
    }))
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
      return ({ tags, digests }) => (tags.length + digests.length === 0) === wanted
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

export async function inspectImage(context: EngineContext, name: string): Promise<ImageInspect> {
  const { record } = context.images.resolve(name)
  const { tags, digests } = context.images.summary(record.id)
  const config = await context.images.config(record.id)
  return {
    Id: record.id,
    RepoTags: familiar(tags),
    RepoDigests: familiar(digests),
    Parent: '',
    Comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    ...(config.created ? { Created: config.created } : {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: sorted({ ...configDefaults, ...config.config }),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    ...(config['os.version'] ? { OsVersion: config['os.version'] } : {}),
    Size: record.size,
    GraphDriver: { Data: null, Name: context.layers.name },
    RootFS: { Type: 'layers', Layers: record.layers.map(layer => layer.diffID) },
    Metadata: { LastTagTime: record.lastTagged ?? never },
  }
}

/** Members in the order in which dockerd shows them. */
function sorted(config: object): object {
  return Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What dockerd shows in a config where the image says nothing. */
const configDefaults = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
}

/** One item an instruction, newest first; only the newest one has an ID, as for every image that came from elsewhere. */
export async function imageHistory(context: EngineContext, name: string): Promise<HistoryItem[]> {
  const { record } = context.images.resolve(name)
  const config = await context.images.config(record.id)
  const { tags } = context.images.summary(record.id)
  let layer = 0
  const items = (config.history ?? []).map((entry): HistoryItem => {
    const size = entry.empty_layer ? 0 : (record.layers[layer++]?.size ?? 0)
    return {
      Comment: entry.comment ?? '',
      Created: entry.created ? Math.floor(Date.parse(entry.created) / 1000) : 0,
      CreatedBy: entry.created_by ?? '',
      Id: '<missing>',
      Size: size,
      Tags: null,
    }
  })
  items.reverse()
  const newest = items[0]
  if (newest) items[0] = { ...newest, Id: record.id, Tags: tags.length > 0 ? familiar(tags) : null }
  return items
}

/** Gives an image a further name; a name that another image had moves. */
export function tagImage(
  context: EngineContext,
  name: string,
  target: { readonly repo: string; readonly tag: string },
): void {
  const { record } = context.images.resolve(name)
  const reference = targetReference(target)
  context.images.tag(reference, record.id, record.manifest)
  publish(context, 'image', 'tag', record.id, { ...record.labels, name: familiarString(reference) })
}

function targetReference({ repo, tag }: { readonly repo: string; readonly tag: string }): Reference {
  const parsed = parseReference(repo)
  if (parsed.digest !== undefined) {
    throw new StrataError('invalid_argument', 'refusing to create a tag with a digest reference')
  }
  return tag === '' ? withDefaultTag(parsed) : withTag(parsed, tag)
}
