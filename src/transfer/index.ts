export { type LoadOptions, loadImages } from './load/load.ts'
export { createPuller, type PullerOptions, type PullLimits } from './pull/puller.ts'
export { createImagePusher, type ImagePusherOptions, type PushLimits } from './push/image-pusher.ts'
export { type SavedArchive, saveImages, type WantedSave } from './save/save.ts'
export type {
  DownloadLimits,
  ImagePusher,
  ProgressEvent,
  Puller,
  PullOptions,
  PullResult,
  PushOptions,
  UploadLimits,
} from './transfer.ts'
