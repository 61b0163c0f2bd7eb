import type { ImageDiffMessage, ImageLayers } from '../apitypes/index.ts'
import type { Connection } from './client.ts'
import { ask, lines } from './send.ts'

/** What each layer of an image has and wastes; names the `paths` largest wasted files. */
export function imageLayers(
  connection: Connection,
  name: string,
  options: { readonly paths?: number; readonly signal?: AbortSignal } = {},
): Promise<ImageLayers> {
  const { paths, signal } = options
  const path = `/strata/images/${encoded(name)}/layers`
  return ask(connection, { method: 'GET', path, query: { paths }, ...(signal && { signal }) })
}

/** What differs between the files of two images. */
export function diffImages(
  connection: Connection,
  { from, to, signal }: { readonly from: string; readonly to: string; readonly signal?: AbortSignal },
): AsyncIterable<ImageDiffMessage> {
  const query = { from, to }
  return lines(connection, { method: 'GET', path: '/strata/images/diff', query, ...(signal && { signal }) })
}

/** An image's name in a path: its slashes stay. */
function encoded(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}
