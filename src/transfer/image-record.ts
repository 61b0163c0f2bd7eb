import type { ImageRecord } from '../images/index.ts'
import type { LayerInfo } from '../layers/index.ts'
import type { WantedImage } from './wanted-image.ts'

/** The record of a pulled image; `infos` is what the layer store says of its layers, lowest first. */
export function imageRecord(image: WantedImage, infos: readonly LayerInfo[]): ImageRecord {
  const { imageConfig, config, manifest } = image
  const { os, architecture, variant, created = '' } = imageConfig
  const layers = image.layers.map(({ diffID, descriptor }, position) => ({
    diffID,
    size: infos[position]!.size,
    source: descriptor,
  }))
  return {
    id: config.digest,
    manifest,
    config,
    layers,
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    created,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    labels: imageConfig.config?.Labels ?? {},
  }
}
