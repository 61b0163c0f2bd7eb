export { connectionTo } from './address.ts'
export type { Connection } from './client.ts'
export { diffImages, imageLayers, pruneImages, removedImages, restoreImage } from './images.ts'
export { checkSystem } from './system.ts'
