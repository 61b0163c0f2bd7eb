import { type ContentStore, readBlob } from '../../content/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import {
  compressionOf,
  type Descriptor,
  digestOf,
  isForeignLayer,
  MANIFEST_LIMIT,
  mediaTypes,
  parseManifest,
} from '../../oci/index.ts'

export interface OutgoingManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/**
 * The manifest of an image whose layers a registry has as `layers` says, lowest first. The one that it came with, to the
 * byte, when that says the same; else one as dockerd writes it (schema 2), or an OCI manifest when layers are compressed
 * in a way that schema 2 has no name for.
 */
export async function manifestOf(
  record: ImageRecord,
  layers: readonly Descriptor[],
  content: ContentStore,
): Promise<OutgoingManifest> {
  const { manifest } = record
  if (manifest && (await content.has(manifest.digest))) {
    const bytes = await readBlob(content, manifest.digest, MANIFEST_LIMIT)
    const parsed = parseManifest(bytes, manifest.mediaType)
    const same =
      parsed.kind === 'manifest' &&
      parsed.manifest.config.digest === record.config.digest &&
      parsed.manifest.layers.length === layers.length &&
      parsed.manifest.layers.every(({ digest }, position) => digest === layers[position]!.digest)
    if (same) return { descriptor: manifest, bytes }
  }
  return written(record, layers)
}

function written({ config }: ImageRecord, layers: readonly Descriptor[]): OutgoingManifest {
  const isDocker = layers.every(({ mediaType }) => isForeignLayer(mediaType) || compressionOf(mediaType) === 'gzip')
  const mediaType = isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  const types = isDocker ? { ...oci, gzip: mediaTypes.dockerLayerGzip } : oci
  const typeOf = (layer: string) => (isForeignLayer(layer) ? layer : types[compressionOf(layer) ?? 'gzip'])
  const document = {
    schemaVersion: 2,
    mediaType,
    config: entry(config, isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig),
    layers: layers.map(layer => entry(layer, typeOf(layer.mediaType))),
  }
  const bytes = Buffer.from(JSON.stringify(document, undefined, 3))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

const oci = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const

/** Members in dockerd's order. */
function entry({ size, digest, urls }: Descriptor, mediaType: string) {
  return { mediaType, size, digest, ...(urls && urls.length > 0 && { urls }) }
}
