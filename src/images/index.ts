export { createImageStore } from './image-store.ts'
export type {
  Collection,
  ImageLayer,
  ImageRecord,
  ImageStore,
  ImageSummary,
  Lease,
  LeaseStore,
  NameRecord,
} from './images.ts'
export { createLeaseStore } from './lease-store.ts'
export { openPassingLease, type PassingLease } from './passing-lease.ts'
