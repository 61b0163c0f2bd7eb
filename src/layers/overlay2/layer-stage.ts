import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Bytes, type Stage, StrataError } from '../../std/index.ts'
import { upperEntries } from '../commit/upper-entries.ts'
import type { ScannedTar } from '../scan-tar.ts'
import type { LayerStageArgs, LayerStageResult } from '../store/stage-args.ts'
import { runLayerStage } from '../store/stage-frame.ts'
import { checkTree } from '../unpack/check-tree.ts'
import { unpackTree } from '../unpack/unpack-tree.ts'

/** Ingests, derives or verifies a layer of the overlay2 driver: `layer.tar`, and unpacked from it `diff/`. */
export const stage: Stage<LayerStageArgs, LayerStageResult> = (input: Bytes, args: LayerStageArgs) =>
  runLayerStage(input, args, { make, check, entries: upperEntries })

function make(scanned: ScannedTar, directory: string, tar: number): void {
  const diff = join(directory, 'diff')
  rmSync(diff, { recursive: true, force: true })
  mkdirSync(diff)
  chmodSync(diff, 0o755)
  unpackTree(scanned.tree.root, diff, [tar])
}

function check(scanned: ScannedTar, directory: string, tar: number): void {
  const wrong = checkTree(scanned.tree.root, join(directory, 'diff'), tar)
  if (wrong !== undefined) throw new StrataError('internal', `layer ${scanned.diffID} is damaged: ${wrong}`)
}
