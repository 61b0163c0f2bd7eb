import type { Bytes, Emit, Stage } from '../../std/index.ts'
import type { LayerSurvey } from '../layers.ts'
import { compareChains } from './compare.ts'
import type { LayerFile } from './open-layer.ts'
import { surveyChain } from './survey.ts'

export type ViewStageArgs =
  | { readonly mode: 'compare'; readonly from: readonly LayerFile[]; readonly to: readonly LayerFile[] }
  | { readonly mode: 'survey'; readonly chain: readonly LayerFile[]; readonly paths: number }

const CHUNK = 1 << 16

/**
 * What is asked of whole chains: `compare` emits the differences as lines of JSON, `survey` results in the surveys of
 * the layers.
 */
export const stage: Stage<ViewStageArgs, readonly LayerSurvey[]> = async (_input: Bytes, args, emit) => {
  if (args.mode === 'survey') return surveyChain(args.chain, args.paths)
  await emitLines(compareChains(args.from, args.to), emit)
  return []
}

async function emitLines(values: Iterable<unknown>, emit: Emit): Promise<void> {
  let lines = ''
  for (const value of values) {
    lines += `${JSON.stringify(value)}\n`
    if (lines.length < CHUNK) continue
    await emit(Buffer.from(lines))
    lines = ''
  }
  await emit(Buffer.from(lines))
}
