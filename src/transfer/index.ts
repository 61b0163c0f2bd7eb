export { type LoadOptions, loadImages } from './load/load.ts'
export { createPuller, type PullerOptions, type PullLimits } from './puller.ts'
export { type SavedArchive, saveImages, type WantedSave } from './save.ts'
export type { ProgressEvent, Puller, PullOptions, PullResult } from './transfer.ts'
