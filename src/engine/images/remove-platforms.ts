import type { ImageDeleteItem } from '../../apitypes/index.ts'
import type { Platform } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'
import { requirePlatform } from './pick.ts'
import { removeImage } from './remove.ts'

/** As `removeImage`, of the given platforms only. Without platforms: of all. */
export async function removePlatforms(
  context: EngineContext,
  text: string,
  options: Parameters<typeof removeImage>[2] & { readonly platforms: readonly Platform[] },
): Promise<ImageDeleteItem[]> {
  const { platforms, ...rest } = options
  if (platforms.length > 1) throw new StrataError('invalid_argument', 'multiple platforms are not supported')
  const { record } = context.images.resolve(text)
  for (const platform of platforms) requirePlatform(record, platform, text)
  return removeImage(context, text, rest)
}
