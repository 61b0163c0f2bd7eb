export type { ImageLayer, ImageRecord, ImageStore, ImageSummary, Lease, LeaseStore, NameRecord } from './images.ts'
