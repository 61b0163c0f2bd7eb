import type { DiffID } from '../../oci/index.ts'
import { beside, bytesOf, jsonLines, runStage } from '../../std/index.ts'
import type { Difference, LayerDriver, LayerSurvey, SurveyOptions } from '../layers.ts'
import type { Paths } from '../store/paths.ts'
import type { LayerFile } from './open-layer.ts'
import type { ViewStageArgs } from './view-stage.ts'

/** {@link LayerDriver.compare}, on a thread of its own. */
export function compare(
  paths: Paths,
  chains: { readonly from: readonly DiffID[]; readonly to: readonly DiffID[] },
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const [from, to] = [layerFiles(paths, chains.from), layerFiles(paths, chains.to)]
  return jsonLines<Difference>(run({ mode: 'compare', from, to }, signal).output)
}

/** {@link LayerDriver.survey}, on a thread of its own. */
export function survey(
  paths: Paths,
  chain: readonly DiffID[],
  options: SurveyOptions,
): Promise<readonly LayerSurvey[]> {
  return run({ mode: 'survey', chain: layerFiles(paths, chain), paths: options.paths }, options.signal).result
}

/** Where the layers of a chain are kept. */
export function layerFiles(paths: Paths, chain: readonly DiffID[]): LayerFile[] {
  return chain.map(diffID => ({ diffID, tar: paths.layer(diffID, 'layer.tar') }))
}

function run(args: ViewStageArgs, signal: AbortSignal) {
  return runStage<ViewStageArgs, readonly LayerSurvey[]>(beside(import.meta.url, 'view-stage'), args, {
    input: bytesOf(),
    signal,
  })
}
