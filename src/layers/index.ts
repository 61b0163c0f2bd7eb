export { type CreateLayerDriverOptions, createLayerDriver, type LayerDriverName } from './choose.ts'
export type {
  Aspect,
  Change,
  ChangeKind,
  Difference,
  HiddenFile,
  IngestOptions,
  LayerDriver,
  LayerInfo,
  LayerPlace,
  LayerSurvey,
  RecoveryReport,
  Rootfs,
  ShownFile,
  SurveyOptions,
  Usage,
} from './layers.ts'
