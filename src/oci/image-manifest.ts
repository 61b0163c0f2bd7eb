import { isLayer } from './media-types.ts'
import type { Descriptor, Manifest } from './oci.ts'
import { isAttestation } from './pick-platform.ts'

/** Configs that are images; the lower ones by mistake of old tools, as in dockerd. */
const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
  'application/octet-stream',
  'application/json',
  'text/html',
  '',
])

/** Whether the config of a manifest is that of an image. */
export function isImageManifest({ config }: Manifest): boolean {
  return imageConfigs.has(config.mediaType)
}

/** Whether a manifest of an index may be an image here: it attests nothing, and its layers can be unpacked. */
export function mayBeImage(descriptor: Descriptor, manifest: Manifest): boolean {
  if (isAttestation(descriptor) || !isImageManifest(manifest)) return false
  return manifest.layers.every(({ mediaType }) => isLayer(mediaType))
}
