import type { ImageLayers } from '../apitypes/index.ts'
import { type Connection, imageLayers } from '../client/index.ts'
import { parsePlatform } from '../oci/index.ts'
import { humanSize } from '../std/index.ts'
import type { Output, ViewOptions } from './cli.ts'
import { oneLine, printable, table } from './text.ts'

export interface ImageLayersOptions extends ViewOptions {
  /** How many of the largest wasted files to name. */
  readonly paths?: number
  /** `linux/arm64`: which of the images of the name. */
  readonly platform?: string
  /** Show instructions whole, however wide they are. */
  readonly trunc: boolean
}

/** `strata image layers` */
export async function showImageLayers(
  connection: Connection,
  out: Output,
  { image, ...options }: ImageLayersOptions & { readonly image: string },
): Promise<number> {
  const { paths, platform, json, trunc } = options
  const report = await imageLayers(connection, image, {
    ...(paths !== undefined && { paths }),
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
  })
  if (json) {
    await out.write(`${JSON.stringify(report)}\n`)
    return 0
  }
  await out.write(layersTable(report, trunc ? out.columns : undefined))
  if (paths) await out.write(`\n${pathsTable(report)}`)
  return 0
}

function layersTable({ size, wasted, layers }: ImageLayers, width: number | undefined): string {
  const rows = layers.map(layer => [
    String(layer.number),
    humanSize(layer.size, 3),
    String(layer.files),
    humanSize(layer.wasted, 3),
    oneLine(layer.createdBy),
  ])
  const files = layers.reduce((sum, layer) => sum + layer.files, 0)
  const total = ['total', humanSize(size, 3), String(files), humanSize(wasted, 3), '']
  const columns = [
    { title: 'LAYER' },
    { title: 'SIZE', align: 'right' },
    { title: 'FILES', align: 'right' },
    { title: 'WASTED', align: 'right' },
    { title: 'INSTRUCTION' },
  ] as const
  return table(columns, [...rows, total], width)
}

function pathsTable({ layers }: ImageLayers): string {
  const rows = layers
    .flatMap(({ number, wastedPaths }) => wastedPaths.map(file => ({ ...file, number })))
    .toSorted((one, other) => other.size - one.size)
    .map(({ number, size, by, how, path }) => [humanSize(size, 3), String(number), `${how} by ${by}`, printable(path)])
  if (rows.length === 0) return 'nothing is wasted\n'
  return table([{ title: 'WASTED', align: 'right' }, { title: 'LAYER' }, { title: 'HOW' }, { title: 'PATH' }], rows)
}
