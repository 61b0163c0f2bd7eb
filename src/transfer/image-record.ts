import type { ImageRecord } from '../images/index.ts'
import type { LayerInfo } from '../layers/index.ts'
import type { Descriptor, DiffID, ImageConfig } from '../oci/index.ts'

/** What came in of an image. */
export interface ImageParts {
  readonly config: Descriptor
  readonly imageConfig: ImageConfig
  /** Absent when it came without one. */
  readonly manifest?: Descriptor
  /** Lowest first, each with what a registry serves for it, if that is known. */
  readonly layers: readonly { readonly diffID: DiffID; readonly descriptor?: Descriptor }[]
}

/** The record of an image from elsewhere; `infos` is what the layer store says of its layers, lowest first. */
export function imageRecord(image: ImageParts, infos: readonly LayerInfo[]): ImageRecord {
  const { imageConfig, config, manifest } = image
  const { os, architecture, variant, created = '' } = imageConfig
  const layers = image.layers.map(({ diffID, descriptor }, position) => ({
    diffID,
    size: infos[position]!.size,
    ...(descriptor && { source: descriptor }),
  }))
  return {
    id: config.digest,
    ...(manifest && { manifest }),
    config,
    layers,
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    created,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    labels: imageConfig.config?.Labels ?? null,
  }
}
