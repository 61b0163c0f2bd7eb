import type { ContentStore } from '../../content/index.ts'
import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { chainIDs, type Digest } from '../../oci/index.ts'
import type { Fetcher } from '../../remotes/index.ts'
import { isDiskFull, isStrataError, type Logger, messageOf } from '../../std/index.ts'
import { type LayerStatus, layerEvent } from '../layer-progress.ts'
import type { JobContext, SharedJobs } from '../shared-jobs.ts'
import { together } from '../together.ts'
import type { ProgressEvent } from '../transfer.ts'
import { bringLayer, ingestRef, type LayerRoad, layerKey } from './layer-job.ts'
import type { WantedImage } from './wanted-image.ts'

export interface BringOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly road: LayerRoad
  readonly jobs: SharedJobs<LayerInfo>
  /** A fetcher of the image's repository whose requests end with `signal`. */
  readonly fetcher: (signal: AbortSignal) => Fetcher
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
  readonly log: Logger
  /** Keep the compressed layers, whatever the engine does by itself. */
  readonly keepCompressed?: boolean
}

/**
 * Brings all layers of an image, several at once, and returns what the layer store says of them, lowest first. With the
 * first one that fails all are given up; throws its error when everything has come to rest.
 */
export async function bringLayers(image: WantedImage, options: BringOptions): Promise<LayerInfo[]> {
  const { layers, road, jobs, fetcher, progress, keepCompressed = false } = options
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
  const works = image.layers.map(({ diffID, descriptor }, position) => {
    return (signal: AbortSignal, ready: Promise<LayerInfo> | undefined) => {
      if (present[position]) return layers.info(diffID)
      const below = ready && !layers.independent && { chain: chains[position - 1]!, ready }
      const wanted = { diffID, descriptor, fetcher, keepCompressed, ...(below && { below }) }
      const work = (job: JobContext) => bringLayer(road, wanted, job)
      return jobs.join(layerKey(wanted), { subject: descriptor.digest, work, progress, signal })
    }
  })
  try {
    return await together(works, options.signal)
  } catch (error) {
    if (isDiskFull(error)) await giveSpaceBack(image, options)
    throw error
  }
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
