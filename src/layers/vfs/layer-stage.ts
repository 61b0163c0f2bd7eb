import type { Bytes, Stage } from '../../std/index.ts'
import type { LayerStageArgs, LayerStageResult } from '../store/stage-args.ts'
import { runLayerStage } from '../store/stage-frame.ts'
import { rootfsEntries } from './rootfs-entries.ts'

/** Ingests or verifies a layer of the vfs driver: `layer.tar` and nothing else. */
export const stage: Stage<LayerStageArgs, LayerStageResult> = (input: Bytes, args: LayerStageArgs) =>
  runLayerStage(input, args, { make: () => {}, check: () => {}, entries: rootfsEntries })
