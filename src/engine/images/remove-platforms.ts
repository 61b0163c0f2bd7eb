import type { ImageDeleteItem } from '../../apitypes/index.ts'
import { type ImageRecord, isDangling, type NameRecord } from '../../images/index.ts'
import { type Digest, formatPlatform, type Platform } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { isStrataError, StrataError } from '../../std/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { conflictOf, refuse } from './conflict.ts'
import { type HoldingName, isHolding, meantOf } from './held.ts'
import { pickImage, requirePlatform } from './pick.ts'
import { type RemoveOptions, removeImage } from './remove.ts'

/**
 * As `removeImage`, of the given platforms only; without platforms: of all. Of a name that holds several, as Docker's image
 * store of several platforms has it: by force only, from all names that hold it, and the names stay. Names that meant it mean
 * the best of the rest; the last platform goes with its name only.
 */
export async function removePlatforms(
  context: EngineContext,
  text: string,
  options: RemoveOptions & { readonly platforms: readonly Platform[] },
): Promise<ImageDeleteItem[]> {
  const { platforms, ...rest } = options
  if (platforms.length === 0) return removeImage(context, text, rest)
  const { record, name } = context.images.resolve(text)
  const named = name === undefined ? undefined : context.images.name(parseReference(name))
  if (!named || !isHolding(named)) {
    if (platforms.length > 1) throw new StrataError('invalid_argument', 'multiple platforms are not supported')
    for (const platform of platforms) requirePlatform(record, platform, text)
    return removeImage(context, text, rest)
  }
  if (!options.force) {
    const text = 'Content will be removed from all images referencing this variant. Use —-force to force delete.'
    throw new StrataError('invalid_argument', text)
  }
  const picked: ImageRecord[] = []
  for (const platform of platforms) picked.push(await pickToRemove(context, { text, platform, image: record.id }))
  const ids = new Set(picked.map(({ id }) => id))
  const done = context.metadata.transaction(() => [...ids].map(id => letGo(context, id, named)))
  for (const id of ids) if (!context.images.get(id)) publish(context, 'image', 'delete', id, { name: id })
  context.collector.soon()
  return done
}

async function pickToRemove(
  context: EngineContext,
  { text, platform, image }: { readonly text: string; readonly platform: Platform; readonly image: Digest },
): Promise<ImageRecord> {
  try {
    return await pickImage(context, text, platform)
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    const why = `image with reference ${text} was found but does not provide any platform`
    const what = `failed to delete platform ${formatPlatform(platform)} for image ${image}`
    throw new StrataError('not_found', `${what}: ${why}`, { cause: error })
  }
}

/** Lets an image go from all names that hold it, and removes it when none leads to it. */
function letGo(context: EngineContext, id: Digest, { held }: HoldingName): ImageDeleteItem {
  refuse(conflictOf(context, id, { force: true, names: [] }))
  const { holding, heldBy } = context.images.summary(id)
  for (const name of [...holding, ...heldBy]) {
    const reference = parseReference(name)
    const { image, ...points } = without(context, name, id)
    context.images.tag(reference, image, points)
  }
  if (isDangling(context.images.summary(id))) context.images.remove(id)
  return { Deleted: held.manifests.find(({ image }) => image === id)?.digest ?? id }
}

/** What a name points to when it no longer holds an image. Throws `conflict` when nothing would be left. */
function without(context: EngineContext, name: string, id: Digest): NameRecord {
  const points = context.images.name(parseReference(name))!
  const manifests = (points.held?.manifests ?? []).filter(({ image }) => image !== id)
  const image = points.image === id ? meantOf(context, manifests) : points.image
  if (image) return { ...points, image, held: { manifests, whole: false } }
  const why = 'it is the last one: remove the name instead'
  throw new StrataError('conflict', `conflict: unable to remove a platform of "${name}" - ${why}`)
}
