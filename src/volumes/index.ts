export { createVolumeStore } from './local.ts'
export { anonymousLabel, type NewVolume, type Volume, type VolumeStore } from './volumes.ts'
