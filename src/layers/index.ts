export { type CreateLayerDriverOptions, createLayerDriver, type LayerDriverName } from './choose.ts'
export type {
  Change,
  ChangeKind,
  IngestOptions,
  LayerDriver,
  LayerInfo,
  RecoveryReport,
  Rootfs,
  Usage,
} from './layers.ts'
