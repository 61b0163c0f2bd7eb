import type { HistoryItem } from '../../apitypes/index.ts'
import type { Digest, Platform } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { createdSeconds } from './age.ts'
import { familiar } from './familiar.ts'
import { pickImage } from './pick.ts'

/** One item an instruction, newest first. The newest has the image's ID, those below it their parents', as far as these are here. */
export async function imageHistory(
  context: EngineContext,
  name: string,
  { platform }: { readonly platform?: Platform },
): Promise<HistoryItem[]> {
  const record = await pickImage(context, name, platform)
  const config = await context.images.config(record.id)
  let layer = 0
  const items = (config.history ?? []).map((entry): HistoryItem => {
    if (!entry.empty_layer && layer >= record.layers.length) {
      throw new StrataError('internal', 'too many non-empty layers in History section')
    }
    const size = entry.empty_layer ? 0 : record.layers[layer++]!.size
    return {
      Comment: entry.comment ?? '',
      Created: createdSeconds({ created: entry.created ?? '' }),
      CreatedBy: entry.created_by ?? '',
      Id: '<missing>',
      Size: size,
      Tags: null,
    }
  })
  items.reverse()
  let id: Digest | undefined = record.id
  for (let position = 0; position < items.length && id && context.images.get(id); position++) {
    const summary = context.images.summary(id)
    const tags = familiar(summary.tags)
    items[position] = { ...items[position]!, Id: id, Tags: tags.length > 0 ? tags : null }
    id = summary.record.parent
  }
  return items
}
