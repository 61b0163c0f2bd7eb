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
