import type { ImageLayers } from '../../apitypes/index.ts'
import { formatPlatform, type Platform } from '../../oci/index.ts'
import type { EngineContext } from '../context.ts'
import { layerOrigins } from './layer-origins.ts'
import { pickImage } from './pick.ts'

/** What each layer of an image has, and what of it those above waste; names the `paths` largest wasted files. */
export async function imageLayers(
  context: EngineContext,
  name: string,
  options: { readonly paths: number; readonly platform?: Platform; readonly signal: AbortSignal },
): Promise<ImageLayers> {
  const record = await pickImage(context, name, options.platform)
  const origins = await layerOrigins(context, record)
  const surveys = await context.layers.survey(
    record.layers.map(({ diffID }) => diffID),
    options,
  )
  const layers = origins.map((origin, at) => {
    const { size, files, removals, hidden, hiddenFiles, largest } = surveys[at]!
    const wastedPaths = largest.map(file => ({ ...file, by: file.by + 1 }))
    return { ...origin, size, files, removals, wasted: hidden, wastedFiles: hiddenFiles, wastedPaths }
  })
  return {
    id: record.id,
    platform: formatPlatform(record.platform),
    size: layers.reduce((sum, { size }) => sum + size, 0),
    wasted: layers.reduce((sum, { wasted }) => sum + wasted, 0),
    layers,
  }
}
