import type { LayerInfo } from '../../layers/index.ts'
import { LayerProgress } from '../layer-progress.ts'
import { together } from '../together.ts'
import { type BringOptions, bringLayers } from './bring-layers.ts'
import { bringBlob } from './layer-job.ts'
import type { WantedImage } from './wanted-image.ts'
import type { WantedIndex } from './wanted-index.ts'

/**
 * Brings all that is wanted of an index, several things at once: the layers of its images, and every blob as the registry
 * serves it. Returns what the layer store says of each image's layers. With the first failure all is given up; throws it
 * when everything has come to rest.
 */
export async function bringIndex(
  { manifests }: WantedIndex,
  options: BringOptions,
): Promise<ReadonlyMap<WantedImage, readonly LayerInfo[]>> {
  const { road, fetcher, progress } = options
  const infos = new Map<WantedImage, readonly LayerInfo[]>()
  const works = manifests.map(({ image, blobs }) => async (signal: AbortSignal) => {
    if (image) infos.set(image, await bringLayers(image, { ...options, signal, keepCompressed: true }))
    for (const descriptor of blobs) {
      const told = new LayerProgress(descriptor.digest)
      told.add(progress)
      await bringBlob(road, { descriptor, fetcher }, { progress: told, signal })
    }
  })
  await together(works, options.signal)
  return infos
}
