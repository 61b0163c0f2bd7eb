export { createVolumeStore } from './local.ts'
export type { VolumeStore } from './volumes.ts'
