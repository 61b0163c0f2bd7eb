import type { ImageDiffMessage, ImageLayers, Platform } from '../apitypes/index.ts'
import type { Connection } from './client.ts'
import { ask, lines } from './send.ts'

/** What each layer of an image has and wastes; names the `paths` largest wasted files. */
export function imageLayers(
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

function encodedPlatform(platform: Platform | undefined): string | undefined {
  return platform && JSON.stringify(platform)
}

/** An image's name in a path: its slashes stay. */
function encoded(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}
