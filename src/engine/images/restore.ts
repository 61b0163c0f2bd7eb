import type { RemovedImageSummary, RestoredImage } from '../../apitypes/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { familiar } from './familiar.ts'

/** What can be restored, the latest first. */
export function listRemoved(context: EngineContext): RemovedImageSummary[] {
  const period = context.config.imageUndoPeriod * 1000
  return context.images.removed().map(({ name, image, at, why }) => ({
    Name: name === undefined ? '' : familiar([name])[0]!,
    Id: image.id,
    Size: image.size,
    Why: why,
    Removed: new Date(at).toISOString(),
    Until: new Date(at + period).toISOString(),
  }))
}

/**
 * Puts back what a name pointed to, or an image with its names, by its ID. A name that leads elsewhere moves when it is
 * asked for by name, and that can be undone as well; by ID it is left alone. Throws `not_found`.
 */
export async function restoreImage(context: EngineContext, text: string): Promise<RestoredImage> {
  for (const { record } of context.images.removedImages()) {
    for (const { diffID } of record.layers) {
      if (await context.layers.has(diffID)) continue
      context.log.warn({ image: record.id, layer: diffID }, 'a removed image has lost a layer')
      context.images.forgetRemoved(image => image.record.id === record.id)
      break
    }
  }
  const { image, names, left } = context.images.restore(text)
  const shown = familiar(names)
  publish(context, 'image', 'restore', image.id, { ...image.labels, name: shown[0] ?? image.id })
  for (const name of shown) publish(context, 'image', 'tag', image.id, { ...image.labels, name })
  return { Id: image.id, Names: shown, Left: familiar(left) }
}
