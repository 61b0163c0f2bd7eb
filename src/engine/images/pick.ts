import { type ImageRecord, manifestsOf } from '../../images/index.ts'
import { type Descriptor, formatPlatform, matchesPlatform, type Platform, pickPlatform } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { EngineContext } from '../context.ts'

/**
 * The image that a user means by `text`, for `platform` when one is asked for. A name gives the images of other platforms
 * that are here and that its target, an index, lists. Throws `not_found` with Docker's text.
 */
export async function pickImage(context: EngineContext, text: string, platform?: Platform): Promise<ImageRecord> {
  const { record, name } = context.images.resolve(text)
  if (!platform) return record
  const named = name === undefined ? undefined : context.images.name(parseReference(name))
  // A name of one image alone leads to another only when that one doesn't do.
  if (!named?.held && matchesPlatform(platform, record.platform)) return record
  const picked = named?.target && (await pickFrom(context, named.target, platform))
  if (picked) return picked
  if (named?.held) {
    const wanted = formatPlatform(platform)
    const why = `was found but does not provide the specified platform (${wanted})`
    throw new StrataError('not_found', `image with reference ${text} ${why}`)
  }
  requirePlatform(record, platform, text)
  return record
}

/** Throws `not_found` with Docker's text when an image, found by `text`, is for another platform. */
export function requirePlatform(record: ImageRecord, platform: Platform, text: string): void {
  if (matchesPlatform(platform, record.platform)) return
  const [has, wanted] = [record.platform, platform].map(formatPlatform)
  throw new StrataError(
    'not_found',
    `image with reference ${text} was found but its platform (${has}) does not match the specified platform (${wanted})`,
  )
}

/** Among the images that are here. */
async function pickFrom(
  context: EngineContext,
  target: Descriptor,
  platform: Platform,
): Promise<ImageRecord | undefined> {
  const here = new Map<Descriptor, ImageRecord>()
  for (const { descriptor, manifest } of await manifestsOf(context.content, target)) {
    const record = manifest && context.images.get(manifest.config.digest)
    if (record) here.set({ platform: record.platform, ...descriptor }, record)
  }
  const picked = pickPlatform([...here.keys()], platform)
  return picked && here.get(picked)
}
