import type { HistoryItem } from '../../apitypes/index.ts'
import type { Platform } from '../../oci/index.ts'
import type { EngineContext } from '../context.ts'
import { familiar } from './familiar.ts'
import { pickImage } from './pick.ts'

/** One item an instruction, newest first; only the newest one has an ID, as for every image that came from elsewhere. */
export async function imageHistory(
  context: EngineContext,
  name: string,
  { platform }: { readonly platform?: Platform },
): Promise<HistoryItem[]> {
  const record = await pickImage(context, name, platform)
  const config = await context.images.config(record.id)
  const { tags } = context.images.summary(record.id)
  let layer = 0
  const items = (config.history ?? []).map((entry): HistoryItem => {
    const size = entry.empty_layer ? 0 : (record.layers[layer++]?.size ?? 0)
    return {
      Comment: entry.comment ?? '',
      Created: entry.created ? Math.floor(Date.parse(entry.created) / 1000) : 0,
      CreatedBy: entry.created_by ?? '',
      Id: '<missing>',
      Size: size,
      Tags: null,
    }
  })
  items.reverse()
  const newest = items[0]
  if (newest) items[0] = { ...newest, Id: record.id, Tags: tags.length > 0 ? familiar(tags) : null }
  return items
}
