import type { ImageDeleteItem } from '../../apitypes/index.ts'
import { formatPlatform, type Platform } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { pickImage, requirePlatform } from './pick.ts'
import { type RemoveOptions, removeImage } from './remove.ts'

/**
 * As `removeImage`, of the given platforms only. Without platforms: of all. Of a name that holds several, the image that it
 * means stays while the name does.
 */
export async function removePlatforms(
  context: EngineContext,
  text: string,
  options: RemoveOptions & { readonly platforms: readonly Platform[] },
): Promise<ImageDeleteItem[]> {
  const { platforms, ...rest } = options
  if (platforms.length === 0) return removeImage(context, text, rest)
  const { record, name } = context.images.resolve(text)
  if (name === undefined || !context.images.name(parseReference(name))?.held) {
    if (platforms.length > 1) throw new StrataError('invalid_argument', 'multiple platforms are not supported')
    for (const platform of platforms) requirePlatform(record, platform, text)
    return removeImage(context, text, rest)
  }
  const picked = await Promise.all(platforms.map(platform => pickImage(context, text, platform)))
  const meant = picked.findIndex(({ id }) => id === record.id)
  if (meant >= 0) {
    const why = `${formatPlatform(platforms[meant]!)} is what it stands for: remove the name instead`
    throw new StrataError('conflict', `conflict: unable to remove a platform of "${text}" - ${why}`)
  }
  const ids = new Set(picked.map(({ id }) => id))
  return [...ids].flatMap(id => removeImage(context, id, rest))
}
