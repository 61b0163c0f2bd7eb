export { chainIDOf, chainIDs } from './chain.ts'
export {
  asDiffID,
  digestOf,
  digestOfHex,
  hexOf,
  isDigest,
  parseDiffID,
  parseDigest,
  shortID,
} from './digest.ts'
export { type FlatIndex, flattenIndex } from './flatten-index.ts'
export { isImageManifest, mayBeImage } from './image-manifest.ts'
export {
  compressionOf,
  isForeignLayer,
  isIndex,
  isLayer,
  isManifest,
  isPartOfImage,
  isSchema1,
  mediaTypes,
} from './media-types.ts'
export type {
  ChainID,
  ContainerDefaults,
  Descriptor,
  DiffID,
  Digest,
  Healthcheck,
  HistoryEntry,
  ImageConfig,
  Index,
  Manifest,
  Platform,
} from './oci.ts'
export { CONFIG_LIMIT, parseImageConfig } from './parse-config.ts'
export { MANIFEST_LIMIT, type ParsedManifest, parseManifest, schema1Refused } from './parse-manifest.ts'
export { isAttestation, matchesPlatform, pickPlatform, SUBJECT } from './pick-platform.ts'
export {
  formatPlatform,
  hostPlatform,
  isHostSystem,
  normalizePlatform,
  parsePlatform,
  parsePlatforms,
} from './platform.ts'
export { verified } from './verified.ts'
