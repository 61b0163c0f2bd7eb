import type { Compressor } from '../../archive/index.ts'
import type { ContentStore } from '../../content/index.ts'
import type { LayerSource, LayerSources } from '../../images/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import { type Descriptor, type DiffID, isForeignLayer } from '../../oci/index.ts'
import { parseReference, type Reference, repositoryName } from '../../reference/index.ts'
import type { Credentials, Pusher, Resolver } from '../../remotes/index.ts'
import { isStrataError, type Logger, messageOf, type Slots } from '../../std/index.ts'
import type { JobContext } from '../shared-jobs.ts'
import type { UnreachableRegistries } from './unreachable.ts'
import { uploadBlob } from './upload-blob.ts'
import { compressedLayer, keptBlob, plainLayer, relayedBlob, type UploadSource } from './upload-source.ts'

/** What all layers of all pushes share. */
export interface PushRoad {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly layerSources: LayerSources
  readonly resolver: Resolver
  readonly unreachable: UnreachableRegistries
  /** Uploads at once. */
  readonly slots: Slots
  /** For layers whose compressed form nobody has any more; without one they go as they are. */
  readonly compressor: Compressor | undefined
  readonly attempts: number
  readonly second: number
  readonly log: Logger
}

/** One layer on its way out. */
export interface OutgoingLayer {
  readonly diffID: DiffID
  /** What a registry had for it when it was pulled. */
  readonly pulledFrom: Descriptor | undefined
  /** Where it goes: domain and path. */
  readonly repository: Reference
  readonly credentials: Credentials | undefined
}

/** Repositories of the registry that are asked to lend a blob. */
const MOUNTS = 3

/**
 * Brings a layer to a repository, with as little work as can be: when a known compressed form is there already nothing
 * is sent; a repository of the same registry lends it; a kept blob is sent; a registry that has it sends it through here;
 * and only then is it compressed. Returns what the repository has for it.
 */
export async function pushLayer(road: PushRoad, wanted: OutgoingLayer, job: JobContext): Promise<Descriptor> {
  const { pulledFrom } = wanted
  if (pulledFrom && isForeignLayer(pulledFrom.mediaType)) {
    job.progress.status('Skipped foreign layer')
    return pulledFrom
  }
  if (!road.slots.available) job.progress.status('Waiting')
  using _slot = await road.slots.acquire(job.signal)
  const push = new LayerPush(road, wanted, job)
  return (await push.present()) ?? (await push.mounted()) ?? (await push.known()) ?? (await push.compressed())
}

class LayerPush {
  readonly #road: PushRoad
  readonly #wanted: OutgoingLayer
  readonly #job: JobContext
  readonly #pusher: Pusher
  /** Compressed forms that somebody has, or had; that of the image's own manifest first, so that it stays what it was. */
  readonly #forms: readonly LayerSource[]

  constructor(road: PushRoad, wanted: OutgoingLayer, job: JobContext) {
    const { diffID, pulledFrom, repository } = wanted
    this.#road = road
    this.#wanted = wanted
    this.#job = job
    this.#pusher = road.resolver.pusher(repository, this.#requestTo(repository))
    const forms = road.layerSources.list(diffID)
    const isOwn = ({ descriptor }: LayerSource) => descriptor.digest === pulledFrom?.digest
    const own = forms.find(isOwn) ?? (pulledFrom && { descriptor: pulledFrom, repositories: [] })
    this.#forms = own ? [own, ...forms.filter(each => !isOwn(each))] : forms
  }

  async present(): Promise<Descriptor | undefined> {
    for (const { descriptor } of this.#forms) {
      if (await this.#pusher.has(descriptor.digest)) return this.#done(descriptor, 'Layer already exists')
    }
    return undefined
  }

  async mounted(): Promise<Descriptor | undefined> {
    const { domain } = this.#wanted.repository
    for (const { descriptor, repositories } of this.#forms) {
      const lenders = repositories.map(name => parseReference(name)).filter(each => each.domain === domain)
      for (const lender of lenders.slice(0, MOUNTS)) {
        if (lender.path === this.#wanted.repository.path) continue
        if (await this.#pusher.mount(descriptor.digest, lender)) {
          return this.#done(descriptor, `Mounted from ${lender.path}`)
        }
      }
    }
    return undefined
  }

  /** From the content store or from another registry. */
  async known(): Promise<Descriptor | undefined> {
    const { content } = this.#road
    for (const { descriptor } of this.#forms) {
      if (await content.has(descriptor.digest)) {
        return await this.#upload(keptBlob(descriptor, { ...this.#sourceOptions, content }))
      }
    }
    for (const { descriptor, repositories } of this.#forms) {
      const holders = this.#road.unreachable.last(repositories.map(name => parseReference(name)))
      for (const holder of holders) {
        const relayed = await this.#relayed(descriptor, holder)
        if (relayed) return relayed
      }
    }
    return undefined
  }

  async compressed(): Promise<Descriptor> {
    const { layers, compressor } = this.#road
    const { diffID } = this.#wanted
    const options = { ...this.#sourceOptions, layers }
    if (compressor) return await this.#upload(await compressedLayer(diffID, { ...options, compressor }))
    const source = await plainLayer(diffID, options)
    const descriptor = { mediaType: source.mediaType, ...(await source.result) }
    if (await this.#pusher.has(descriptor.digest)) return this.#done(descriptor, 'Layer already exists')
    return await this.#upload(source)
  }

  /** Undefined when `holder` can't bring it after all. */
  async #relayed(descriptor: Descriptor, holder: Reference): Promise<Descriptor | undefined> {
    const { resolver, second, layerSources, unreachable } = this.#road
    const { signal } = this.#job
    const fetcher = resolver.fetcher(holder, this.#requestTo(holder))
    let failure: { readonly error: unknown } | undefined
    const failed = (error: unknown) => {
      failure ??= { error }
    }
    try {
      const options = { ...this.#sourceOptions, fetcher, second, failed }
      const source = await relayedBlob(descriptor, options).catch((error: unknown) => {
        failed(error)
        throw error
      })
      const pushed = await this.#upload(source)
      unreachable.delete(holder.domain)
      // The next push to another registry asks it before those that may be gone by then.
      layerSources.add([{ diffID: this.#wanted.diffID, descriptor }], repositoryName(holder))
      return pushed
    } catch (error) {
      if (!failure || signal.aborted) throw error
      this.#notRelayed(failure.error, { descriptor, holder })
      return undefined
    }
  }

  #notRelayed(error: unknown, from: { readonly descriptor: Descriptor; readonly holder: Reference }): void {
    const { log, layerSources, unreachable } = this.#road
    const { holder, descriptor } = from
    const repository = repositoryName(holder)
    log.debug({ digest: descriptor.digest, repository, problem: messageOf(error) }, 'a layer could not be relayed')
    if (isStrataError(error, 'unavailable') && error.details.reason !== undefined) unreachable.add(holder.domain)
    if (!isStrataError(error, 'not_found') && !isStrataError(error, 'failed_precondition')) return
    layerSources.drop(this.#wanted.diffID, descriptor.digest, repository)
  }

  async #upload(source: UploadSource): Promise<Descriptor> {
    const { attempts, second } = this.#road
    const { progress, signal } = this.#job
    const retrying = (seconds: number) => progress.retrying(seconds)
    const { digest, size } = await uploadBlob(this.#pusher, source, { attempts, second, retrying, signal })
    return this.#done({ mediaType: source.mediaType, digest, size }, 'Pushed')
  }

  #done(descriptor: Descriptor, status: 'Pushed' | 'Layer already exists' | `Mounted from ${string}`): Descriptor {
    this.#job.progress.status(status)
    this.#road.layerSources.add([{ diffID: this.#wanted.diffID, descriptor }], repositoryName(this.#wanted.repository))
    return descriptor
  }

  /** Credentials are for the registry that they were given for. */
  #requestTo({ domain }: Reference) {
    const { repository, credentials } = this.#wanted
    const { signal } = this.#job
    return domain === repository.domain && credentials ? { signal, credentials } : { signal }
  }

  get #sourceOptions() {
    const { progress, signal } = this.#job
    return { progress: (current: number, total: number) => progress.bytes('Pushing', current, total), signal }
  }
}
