import type { ContentStore } from '../content/index.ts'
import type { LayerDriver, LayerInfo } from '../layers/index.ts'
import { chainIDs, type Digest } from '../oci/index.ts'
import type { Fetcher } from '../remotes/index.ts'
import { isDiskFull, isStrataError, type Logger, messageOf } from '../std/index.ts'
import { ingestRef } from './layer-job.ts'
import type { LayerJobs } from './layer-jobs.ts'
import { type LayerStatus, layerEvent } from './layer-progress.ts'
import type { ProgressEvent } from './transfer.ts'
import type { WantedImage } from './wanted-image.ts'

export interface BringOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly jobs: LayerJobs
  /** A fetcher of the image's repository whose requests end with `signal`. */
  readonly fetcher: (signal: AbortSignal) => Fetcher
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
  readonly log: Logger
}

/**
 * Brings all layers of an image, several at once, and returns what the layer store says of them, lowest first. With the
 * first one that fails all are given up; throws its error when everything has come to rest.
 */
export async function bringLayers(image: WantedImage, options: BringOptions): Promise<LayerInfo[]> {
  const { layers, jobs, fetcher, progress } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const chains = chainIDs(image.layers.map(({ diffID }) => diffID))
  const present: boolean[] = []
  for (const { diffID, descriptor } of image.layers) {
    const here = await layers.has(diffID)
    present.push(here)
    // A pull may have been killed right after its layer was in.
    if (here) await dropIngest(options.content, descriptor.digest)
    const status: LayerStatus = here ? 'Already exists' : 'Pulling fs layer'
    progress(layerEvent(descriptor.digest, status))
  }
  const running: Promise<LayerInfo>[] = []
  let failure: { readonly error: unknown } | undefined
  for (const [position, { diffID, descriptor }] of image.layers.entries()) {
    const below = position === 0 ? undefined : { chain: chains[position - 1]!, ready: running[position - 1]! }
    const wanted = { diffID, descriptor, fetcher, ...(below && !layers.independent && { below }) }
    const work = present[position] ? layers.info(diffID) : jobs.bring(wanted, { progress, signal })
    running.push(work)
    work.catch((error: unknown) => {
      failure ??= { error }
      stop.abort(error)
    })
  }
  const settled = await Promise.allSettled(running)
  if (failure) {
    if (isDiskFull(failure.error)) await giveSpaceBack(image, options)
    throw failure.error
  }
  return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}

/** On a full disk nothing is kept for the next attempt. */
async function giveSpaceBack(image: WantedImage, { content, log }: BringOptions): Promise<void> {
  for (const { descriptor } of image.layers) {
    try {
      await dropIngest(content, descriptor.digest)
    } catch (error) {
      log.warn({ digest: descriptor.digest, problem: messageOf(error) }, 'could not drop what a pull had brought')
    }
  }
}

/** Drops what was brought of a compressed layer, unless somebody is at it. */
async function dropIngest(content: ContentStore, digest: Digest): Promise<void> {
  try {
    await content.abort(ingestRef(digest), { onlyIdle: true })
  } catch (error) {
    if (!isStrataError(error, 'unavailable')) throw error
  }
}
