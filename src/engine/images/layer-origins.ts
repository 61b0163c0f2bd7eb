import type { ImageLayerOrigin } from '../../apitypes/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import type { EngineContext } from '../context.ts'

/** The layers of an image, lowest first, with the instructions of its history that made them. */
export async function layerOrigins(context: EngineContext, record: ImageRecord): Promise<ImageLayerOrigin[]> {
  const config = await context.images.config(record.id)
  const history = (config.history ?? []).filter(entry => !entry.empty_layer)
  return record.layers.map(({ diffID, size }, at) => ({
    number: at + 1,
    diffID,
    createdBy: history[at]?.created_by ?? '',
    ...(history[at]?.created && { created: history[at].created }),
    size,
  }))
}
