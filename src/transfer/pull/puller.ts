import type { ContentStore } from '../../content/index.ts'
import type { ImageStore, LayerSources, LeaseStore } from '../../images/index.ts'
import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { type Descriptor, formatPlatform, hostPlatform, matchesPlatform, type Platform } from '../../oci/index.ts'
import { familiarString, type Reference, repositoryName, withDefaultTag } from '../../reference/index.ts'
import type { ResolvedManifest, Resolver } from '../../remotes/index.ts'
import { KeyedLock, type Logger, Slots } from '../../std/index.ts'
import { imageRecord } from '../image-record.ts'
import { nameIndex } from '../name-index.ts'
import { SharedJobs } from '../shared-jobs.ts'
import type { DownloadLimits, Puller, PullOptions, PullResult, WantedPlatforms } from '../transfer.ts'
import { bringIndex } from './bring-index.ts'
import { type BringOptions, bringLayers } from './bring-layers.ts'
import type { LayerRoad } from './layer-job.ts'
import { createPullLeases, type PullLease } from './pull-leases.ts'
import { readImage, readTarget, type WantedImage } from './wanted-image.ts'
import { readIndex, type WantedIndex } from './wanted-index.ts'

export interface PullerOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly images: ImageStore
  readonly leases: LeaseStore
  readonly layerSources: LayerSources
  readonly resolver: Resolver
  readonly log: Logger
  /** What is picked from an index when nothing is asked for. The host's architecture when absent. */
  readonly platform?: Platform
  readonly limits?: Partial<PullLimits>
  /** Keeps the compressed layers in the content store, so that a push gives the same digests. */
  readonly keepCompressed?: boolean
}

export interface PullLimits extends DownloadLimits {
  /** The most bytes of an uncompressed layer. */
  readonly maxLayerSize: number
  /** The unit of pauses in milliseconds: shorter in tests. */
  readonly second: number
}

const defaults: PullLimits = {
  maxLayerSize: 64 * 1024 ** 3,
  maxConcurrentDownloads: 3,
  maxDownloadAttempts: 5,
  second: 1000,
}

type Bringing = BringOptions & Pick<PullOptions, 'oneOfSeveral'>

/** One puller serves an engine: what its pulls have in common is fetched once. */
export function createPuller(options: PullerOptions): Puller {
  const { content, layers, images, leases, layerSources, resolver, log } = options
  const limits = { ...defaults, ...options.limits }
  const jobs = new SharedJobs<LayerInfo>()
  const road: LayerRoad = {
    content,
    layers,
    lock: new KeyedLock(),
    slots: new Slots(limits.maxConcurrentDownloads),
    get attempts() {
      return limits.maxDownloadAttempts
    },
    second: limits.second,
    maxLayerSize: limits.maxLayerSize,
    keepCompressed: options.keepCompressed ?? false,
  }

  const pullLeases = createPullLeases(leases)
  const own = options.platform ?? hostPlatform()

  return {
    pull,
    letGo: pullLeases.letGo,
    setLimits(wanted) {
      Object.assign(limits, wanted)
      road.slots.resize(limits.maxConcurrentDownloads)
    },
  }

  async function pull(name: Reference, request: PullOptions): Promise<PullResult> {
    const reference = withDefaultTag(name)
    const { signal, credentials } = request
    const target = await resolver.resolve(reference, { signal, ...(credentials && { credentials }) })
    const lease = pullLeases.lend(reference)
    let succeeded = false
    try {
      const result = await bring(reference, target, { ...request, lease })
      succeeded = true
      return result
    } finally {
      lease.end(succeeded)
    }
  }

  async function bring(
    reference: Reference,
    target: ResolvedManifest,
    request: PullOptions & { readonly lease: PullLease },
  ): Promise<PullResult> {
    const { progress, signal, credentials, lease } = request
    const fetcher = (requestSignal: AbortSignal) =>
      resolver.fetcher(reference, { signal: requestSignal, ...(credentials && { credentials }) })
    const reading = {
      content,
      fetcher: fetcher(signal),
      attempts: limits.maxDownloadAttempts,
      pause: limits.second,
      keep: lease.addContent,
      began: () => {
        const id = reference.digest ? familiarString(reference) : (reference.tag ?? '')
        progress({ status: `Pulling from ${reference.path}`, id })
      },
      signal,
    }
    const parsed = await readTarget(target, reading)
    const { oneOfSeveral = false } = request
    const bringing = { content, layers, road, jobs, fetcher, progress, oneOfSeveral, signal, log }
    const platforms = platformsFor(reference, target.descriptor, request)
    if (parsed.kind === 'index' && platforms) {
      const wanted = await readIndex(target.descriptor, parsed.index, { ...reading, platforms })
      return bringAll(reference, wanted, { lease, bringing })
    }
    const { platform } = request
    const requested = platform && { requested: platform }
    const image = await readImage(target.descriptor, parsed, { ...reading, ...requested, platform: platform ?? own })
    return bringOne(reference, image, { lease, bringing, platform })
  }

  /** Several platforms when they are asked for, or when the name holds several of the same index already. */
  function platformsFor(reference: Reference, target: Descriptor, request: PullOptions): WantedPlatforms | undefined {
    if (request.platforms) return request.platforms
    const named = images.name(reference)
    return named?.held && named.target?.digest === target.digest ? [request.platform ?? own] : undefined
  }

  async function bringAll(
    reference: Reference,
    wanted: WantedIndex,
    { lease, bringing }: { readonly lease: PullLease; readonly bringing: Bringing },
  ): Promise<PullResult> {
    const wantedImages = wanted.manifests.flatMap(({ image }) => image ?? [])
    for (const image of wantedImages) await lease.addLayers(...image.layers.map(({ diffID }) => diffID))
    let present = true
    for (const image of wantedImages) present &&= await isPresent(image)
    for (const { blobs } of wanted.manifests) for (const { digest } of blobs) present &&= await content.has(digest)
    const infos = present ? await infosOf(wantedImages) : await bringIndex(wanted, bringing)
    for (const image of wantedImages) tellSources(reference, image)
    const { pulled, byDigest } = namesOf(reference, wanted.target)
    const names = [pulled, ...(pulled === byDigest ? [] : [byDigest])] as const
    const manifests = wanted.manifests.map(({ descriptor, blobs, image }) => ({
      ...{ descriptor, blobs },
      ...(image && { image: { parts: image, infos: infos.get(image)! } }),
    }))
    const { records, unchanged } = nameIndex(names, { ...wanted, manifests }, { images, platform: own })
    const { digest } = wanted.target
    tellEnd(reference, { digest, upToDate: present && unchanged }, bringing)
    return { image: records[0].id, digest, upToDate: present && unchanged }
  }

  async function infosOf(all: readonly WantedImage[]): Promise<Map<WantedImage, LayerInfo[]>> {
    const infos = new Map<WantedImage, LayerInfo[]>()
    for (const image of all) {
      infos.set(image, await Promise.all(image.layers.map(({ diffID }) => layers.info(diffID))))
    }
    return infos
  }

  async function bringOne(
    reference: Reference,
    image: WantedImage,
    request: {
      readonly lease: PullLease
      readonly bringing: Bringing
      readonly platform: Platform | undefined
    },
  ): Promise<PullResult> {
    const { lease, bringing, platform } = request
    const { progress } = bringing
    await lease.addContent(...image.layers.map(({ descriptor }) => descriptor.digest))
    await lease.addLayers(...image.layers.map(({ diffID }) => diffID))
    const present = await isPresent(image)
    const infos = present ? (await infosOf([image])).get(image)! : await bringLayers(image, bringing)
    tellSources(reference, image)
    const named = nameImage(reference, image, infos)
    const upToDate = present && named
    const { digest } = image.target
    tellEnd(reference, { digest, upToDate }, bringing)
    if (platform && !matchesPlatform(platform, image.imageConfig)) {
      const [has, wants] = [image.imageConfig, platform].map(formatPlatform)
      const status = `WARNING: image with reference ${familiarString(reference)} was found but its platform (${has}) does not match the specified platform (${wants})`
      progress({ status })
    }
    return { image: image.config.digest, digest, upToDate }
  }

  /** Notes where the layers can be had compressed. */
  function tellSources(reference: Reference, image: WantedImage): void {
    layerSources.add(image.layers, repositoryName(reference))
  }

  /** Whether the image is recorded and all its layers are there. */
  async function isPresent(image: WantedImage): Promise<boolean> {
    if (!images.get(image.config.digest)) return false
    for (const { diffID } of image.layers) if (!(await layers.has(diffID))) return false
    return true
  }

  /** Records the image and its names. True when the name that was pulled led to it already. */
  function nameImage(reference: Reference, image: WantedImage, infos: readonly LayerInfo[]): boolean {
    const { target, config } = image
    const indexes = image.indexes.map(({ digest }) => digest)
    const { pulled, byDigest } = namesOf(reference, target)
    // A digest of an index may lead to another platform's image already: that one keeps it, as in Docker.
    const taken = images.name(byDigest)
    const isTaken = taken !== undefined && taken.image !== config.digest
    const names = pulled === byDigest || isTaken ? [pulled] : [pulled, byDigest]
    const before = names.map(each => images.name(each))
    const led = before[0]?.image === config.digest
    const unchanged = before.every(each => each?.image === config.digest && each.target?.digest === target.digest)
    if (!unchanged) {
      images.put(
        imageRecord(image, infos),
        names.map(each => ({ reference: each, target, ...(indexes.length > 0 && { indexes }) })),
      )
    }
    return led
  }
}

/** The name that a pull of `reference` sets, and the one with the digest of what it led to; the same one for a digest. */
function namesOf(
  reference: Reference,
  target: Descriptor,
): { readonly pulled: Reference; readonly byDigest: Reference } {
  const { domain, path, tag, digest } = reference
  const byDigest: Reference = { domain, path, digest: target.digest }
  return { byDigest, pulled: digest || tag === undefined ? byDigest : { domain, path, tag } }
}

function tellEnd(
  reference: Reference,
  { digest, upToDate }: Pick<PullResult, 'digest' | 'upToDate'>,
  { progress, oneOfSeveral }: Pick<PullOptions, 'progress' | 'oneOfSeveral'>,
): void {
  progress({ status: `Digest: ${digest}` })
  if (oneOfSeveral) return
  const outcome = upToDate ? 'Image is up to date' : 'Downloaded newer image'
  progress({ status: `Status: ${outcome} for ${familiarString(reference)}` })
}
