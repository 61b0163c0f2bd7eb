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
