export { createImageStore } from './image-store.ts'
export type {
  Collection,
  HeldIndex,
  HeldManifest,
  ImageLayer,
  ImageRecord,
  ImageStore,
  ImageSummary,
  LayerForm,
  LayerSource,
  LayerSources,
  Lease,
  LeaseStore,
  NameRecord,
  NewName,
  Removed,
  Restored,
} from './images.ts'
export { createLayerSources } from './layer-sources.ts'
export { keeperOf, type LeaseKeeper } from './lease-keeper.ts'
export { createLeaseStore } from './lease-store.ts'
export { openPassingLease, type PassingLease } from './passing-lease.ts'
export { isDangling, isHeldOnly } from './summaries.ts'
export { manifestsOf, type TargetBlob, type TargetManifest, walkTarget } from './target.ts'
export type { RemovedImage } from './undo.ts'
