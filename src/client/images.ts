import type {
  ExplainedPrune,
  ImageDiffMessage,
  ImageLayers,
  Platform,
  RemovedImageSummary,
  RestoredImage,
} from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import type { Connection } from './client.ts'
import { ask, lines } from './send.ts'

/** What each layer of an image has and wastes; names the `paths` largest wasted files. */
export async function imageLayers(
  connection: Connection,
  name: string,
  options: { readonly paths?: number; readonly platform?: Platform; readonly signal?: AbortSignal } = {},
): Promise<ImageLayers> {
  const { paths, platform, signal } = options
  const path = `/strata/images/${encoded(name)}/layers`
  return ask(connection, {
    method: 'GET',
    path,
    query: { paths, platform: encodedPlatform(platform) },
    ...(signal && { signal }),
  })
}

/** An image as typed; a `platform` picks among those of its name. */
export interface NamedImage {
  readonly name: string
  readonly platform?: Platform
}

/** What differs between the files of two images. */
export function diffImages(
  connection: Connection,
  { from, to, signal }: { readonly from: NamedImage; readonly to: NamedImage; readonly signal?: AbortSignal },
): AsyncIterable<ImageDiffMessage> {
  const query = {
    from: from.name,
    'from-platform': encodedPlatform(from.platform),
    to: to.name,
    'to-platform': encodedPlatform(to.platform),
  }
  return lines(connection, { method: 'GET', path: '/strata/images/diff', query, ...(signal && { signal }) })
}

/** What can be restored, the latest first. */
export function removedImages(connection: Connection): Promise<readonly RemovedImageSummary[]> {
  return ask(connection, { method: 'GET', path: '/strata/images/removed' })
}

/** Brings back what a name led to, or a removed image by its ID. */
export function restoreImage(connection: Connection, name: string): Promise<RestoredImage> {
  return ask(connection, { method: 'POST', path: '/strata/images/restore', query: { name } })
}

/** Removes images that nobody needs; says of each what becomes of it and why. A dry run removes nothing. */
export function pruneImages(
  connection: Connection,
  options: { readonly filters: Readonly<Record<string, readonly string[]>>; readonly dryRun: boolean },
): Promise<ExplainedPrune> {
  const query = { filters: JSON.stringify(options.filters), 'dry-run': options.dryRun ? 1 : undefined }
  return ask(connection, { method: 'POST', path: '/strata/images/prune', query })
}

function encodedPlatform(platform: Platform | undefined): string | undefined {
  return platform && JSON.stringify(platform)
}

/** An image's name in a path: its slashes stay. Throws `invalid_argument` for none, which would lead elsewhere. */
function encoded(name: string): string {
  if (name === '') throw new StrataError('invalid_argument', 'image name cannot be blank')
  return name.split('/').map(encodeURIComponent).join('/')
}
