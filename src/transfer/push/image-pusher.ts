import type { Compressor } from '../../archive/index.ts'
import { type ContentStore, putBlob, readBlob } from '../../content/index.ts'
import {
  type ImageLayer,
  type ImageRecord,
  type ImageStore,
  type LayerSources,
  type LeaseStore,
  type NameRecord,
  openPassingLease,
  type PassingLease,
} from '../../images/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import { CONFIG_LIMIT, type Descriptor, type DiffID, isForeignLayer } from '../../oci/index.ts'
import {
  familiarName,
  familiarString,
  parseReference,
  type Reference,
  repositoryName,
  withTag,
} from '../../reference/index.ts'
import type { Pusher, Resolver } from '../../remotes/index.ts'
import { isStrataError, type Logger, Slots, StrataError } from '../../std/index.ts'
import { layerEvent } from '../layer-progress.ts'
import { type JobContext, SharedJobs } from '../shared-jobs.ts'
import { together } from '../together.ts'
import type { ImagePusher, PushOptions, UploadLimits } from '../transfer.ts'
import { manifestOf } from './manifest.ts'
import { pushIndex } from './push-index.ts'
import { type PushRoad, pushLayer } from './push-layer.ts'
import { UnreachableRegistries } from './unreachable.ts'

export interface ImagePusherOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly images: ImageStore
  readonly leases: LeaseStore
  readonly layerSources: LayerSources
  readonly resolver: Resolver
  readonly log: Logger
  /** Compresses what no registry has in a compressed form; such layers go as they are without one. */
  readonly compressor?: Compressor
  readonly limits?: Partial<PushLimits>
}

export interface PushLimits extends UploadLimits {
  /** The unit of pauses in milliseconds: shorter in tests. */
  readonly second: number
}

const defaults: PushLimits = { maxConcurrentUploads: 5, maxUploadAttempts: 5, second: 1000 }

/** A push of one or several tags. */
interface PushUnderWay extends PushOptions {
  readonly pusher: Pusher
  /** What the repository has for the layers of the tags before, by diffID and the form of the image's own manifest. */
  readonly brought: Map<string, Descriptor>
}

/** One pusher serves an engine: what its pushes have in common is sent once. */
export function createImagePusher(options: ImagePusherOptions): ImagePusher {
  const { content, images, leases, resolver } = options
  const limits = { ...defaults, ...options.limits }
  const road: PushRoad = {
    ...options,
    compressor: options.compressor,
    unreachable: new UnreachableRegistries(),
    slots: new Slots(limits.maxConcurrentUploads),
    get attempts() {
      return limits.maxUploadAttempts
    },
    second: limits.second,
  }
  const jobs = new SharedJobs<Descriptor>()

  return {
    push,
    setLimits(wanted) {
      Object.assign(limits, wanted)
      road.slots.resize(limits.maxConcurrentUploads)
    },
  }

  async function push(reference: Reference, request: PushOptions): Promise<void> {
    const { progress, signal, credentials } = request
    progress({ status: `The push refers to repository [${repositoryName(reference)}]` })
    const known = namesIn(reference)
    if (known.length === 0) {
      const text = `An image does not exist locally with the tag: ${familiarName(reference)}`
      throw new StrataError('not_found', text)
    }
    try {
      const pusher = resolver.pusher(reference, { signal, ...(credentials && { credentials }) })
      await pusher.ping()
      const going = { ...request, pusher, brought: new Map<string, Descriptor>() }
      for (const { tag, name, record } of wantedOf(reference, known)) {
        const tagged = withTag(reference, tag)
        const chosen = request.image === undefined ? undefined : images.get(request.image)
        if (name.held?.whole && name.target && !chosen) await pushWhole(tagged, name, going)
        else {
          const pushed = await pushTag(tagged, chosen ?? record, going)
          if (name.held && name.target && !chosen) progress({ aux: insteadOf(name.target, pushed) })
        }
      }
    } catch (error) {
      throw inDockersWords(error)
    }
  }

  /** All names that images have in a repository. */
  function namesIn(repository: Reference): Reference[] {
    const name = repositoryName(repository)
    const names = Iterator.from(images.names()).map(([each]) => each)
    return [...names.filter(each => each.startsWith(`${name}:`) || each.startsWith(`${name}@`))].map(each =>
      parseReference(each),
    )
  }

  function wantedOf(reference: Reference, known: readonly Reference[]) {
    if (reference.digest !== undefined) {
      throw new StrataError('invalid_argument', 'cannot push a digest reference')
    }
    const tags = reference.tag === undefined ? known.flatMap(({ tag }) => tag ?? []) : [reference.tag]
    if (tags.length === 0) throw new StrataError('not_found', `no tags to push for ${familiarName(reference)}`)
    return tags.map(tag => {
      const tagged = withTag(reference, tag)
      const name = images.name(tagged)
      const record = name && images.get(name.image)
      if (!record) throw new StrataError('not_found', `tag does not exist: ${familiarString(tagged)}`)
      return { tag, name, record }
    })
  }

  async function pushTag(
    reference: Reference & { readonly tag?: string },
    record: ImageRecord,
    request: PushUnderWay,
  ): Promise<Descriptor> {
    const { pusher } = request
    using lease = openPassingLease(leases, 'push')
    const layers = await pushLayers(reference, record, { ...request, lease })
    await lease.addContent(record.config.digest)
    await pusher.blob(await readBlob(content, record.config.digest, CONFIG_LIMIT))
    if (record.manifest) await lease.addContent(record.manifest.digest)
    const { descriptor, bytes } = await manifestOf(record, layers, content)
    await lease.addContent(descriptor.digest)
    await putBlob(content, bytes)
    await setTag(reference, { descriptor, bytes, points: () => ({ image: record.id, target: descriptor }) }, request)
    return descriptor
  }

  /** Pushes the index that a name holds, as it is. */
  async function pushWhole(
    reference: Reference & { readonly tag?: string },
    name: NameRecord,
    request: PushUnderWay,
  ): Promise<void> {
    using lease = openPassingLease(leases, 'push')
    const descriptor = name.target!
    const bytes = await pushIndex(reference, descriptor, { ...request, road: { ...road, images }, jobs, lease })
    await setTag(reference, { descriptor, bytes, points: () => images.name(reference) }, request)
  }

  /** Lets the tag lead to a manifest or an index all of whose parts the registry has, and tells of it. */
  async function setTag(
    { domain, path, tag = '' }: Reference & { readonly tag?: string },
    what: {
      readonly descriptor: Descriptor
      readonly bytes: Uint8Array
      /** What the name with the digest shall point to. */
      readonly points: () => NameRecord | undefined
    },
    { pusher, progress }: PushUnderWay,
  ): Promise<void> {
    const { descriptor, bytes } = what
    await pusher.manifest(tag, descriptor, bytes)
    const { digest, size } = descriptor
    progress({ status: `${tag}: digest: ${digest} size: ${size}` })
    const { image, ...points } = what.points() ?? {}
    // The image may have been removed meanwhile: the registry has it all the same.
    if (image && images.get(image)) images.tag({ domain, path, digest }, image, points)
    progress({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } })
  }

  /** What the registry has for each layer, lowest first. */
  async function pushLayers(
    reference: Reference,
    record: ImageRecord,
    request: PushUnderWay & { readonly lease: PassingLease },
  ): Promise<Descriptor[]> {
    const { progress, signal, credentials, lease, brought } = request
    const wanted = new Map<DiffID, ImageLayer>()
    for (const layer of record.layers.toReversed()) {
      const { diffID, source } = layer
      progress(layerEvent(diffID, 'Preparing'))
      if (wanted.has(diffID)) continue
      wanted.set(diffID, layer)
      await lease.addLayers(diffID)
      for (const { descriptor } of road.layerSources.list(diffID)) await lease.addContent(descriptor.digest)
      if (source) await lease.addContent(source.digest)
    }
    const { domain, path } = reference
    // The end of the last one is waited for by all: that should be a small one.
    const order = [...wanted.values()].sort((a, b) => b.size - a.size)
    const works = order.map(({ diffID, source: pulledFrom }) => async (stop: AbortSignal) => {
      const form = `${diffID} ${pulledFrom?.digest}`
      const there = brought.get(form)
      if (there) {
        progress(layerEvent(diffID, 'Layer already exists'))
        return there
      }
      const layer = { diffID, pulledFrom, repository: { domain, path }, credentials }
      // Whom the registry may treat in another way has work of its own.
      const key = JSON.stringify([domain, path, diffID, credentials])
      const work = (job: JobContext) => pushLayer(road, layer, job)
      const descriptor = await jobs.join(key, { subject: diffID, work, progress, signal: stop })
      if (!isForeignLayer(descriptor.mediaType)) brought.set(form, descriptor)
      return descriptor
    })
    const descriptors = await together(works, signal)
    const found = new Map(order.map(({ diffID }, position) => [diffID, descriptors[position]!]))
    return record.layers.map(({ diffID }) => found.get(diffID)!)
  }
}

/** Docker's note that only one image of an index was pushed, since others are missing. */
function insteadOf(originalIndex: Descriptor, selectedManifest: Descriptor): object {
  return { manifestPushedInsteadOfIndex: true, originalIndex, selectedManifest }
}

/** dockerd leaves the request out when nobody may log in so. */
function inDockersWords(error: unknown): unknown {
  if (!isStrataError(error, 'unauthorized') || typeof error.details.words !== 'string') return error
  return new StrataError(error.code, error.details.words, { cause: error, details: error.details })
}
