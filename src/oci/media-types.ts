/** https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md and Docker's image manifest v2 schema 2. */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const

type Compression = 'none' | 'gzip' | 'zstd'

const NON_DISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar'

const layers: Readonly<Record<string, Compression>> = {
  [mediaTypes.ociLayer]: 'none',
  [mediaTypes.ociLayerGzip]: 'gzip',
  [mediaTypes.ociLayerZstd]: 'zstd',
  [NON_DISTRIBUTABLE]: 'none',
  [`${NON_DISTRIBUTABLE}+gzip`]: 'gzip',
  [`${NON_DISTRIBUTABLE}+zstd`]: 'zstd',
  [mediaTypes.dockerLayer]: 'none',
  [mediaTypes.dockerLayerGzip]: 'gzip',
  [`${mediaTypes.dockerLayer}.zstd`]: 'zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar': 'none',
  [mediaTypes.dockerForeignLayerGzip]: 'gzip',
}

export function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList
}

export function isManifest(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest
}

/** Docker's image manifest v2 schema 1, signed or not: no longer read by anybody. */
export function isSchema1(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerSchema1 || mediaType === mediaTypes.dockerSchema1Signed
}

export function isLayer(mediaType: string): boolean {
  return Object.hasOwn(layers, mediaType)
}

/** How a layer of this media type is compressed; undefined when it is not a layer that can be unpacked. */
export function compressionOf(mediaType: string): Compression | undefined {
  return Object.hasOwn(layers, mediaType) ? layers[mediaType] : undefined
}

/** What images are made of goes by these names, or by ones that go on after a dot; the lower ones by mistake of old tools. */
const PARTS_OF_IMAGES = [
  'application/vnd.oci.image',
  'application/vnd.docker',
  'application/octet-stream',
  'application/json',
  'text/html',
  '',
]

/**
 * Whether a config or a layer of this media type may be one of an image, as dockerd judges it: charts, signatures and other
 * artifacts are not.
 */
export function isPartOfImage(mediaType: string): boolean {
  const name = mediaType.toLowerCase()
  return PARTS_OF_IMAGES.some(each => name === each || name.startsWith(`${each}.`))
}

/** Layers whose bytes come from `urls` of the descriptor, since registries may not hold them. */
export function isForeignLayer(mediaType: string): boolean {
  return isLayer(mediaType) && (mediaType.startsWith(NON_DISTRIBUTABLE) || mediaType.includes('.rootfs.foreign.'))
}
