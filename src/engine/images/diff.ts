import type {
  ComparedImage,
  FileDifference,
  FileFacts,
  ImageDiffMessage,
  ImageLayerPlace,
} from '../../apitypes/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import type { Difference, LayerPlace, ShownFile } from '../../layers/index.ts'
import { formatPlatform, type Platform } from '../../oci/index.ts'
import type { EngineContext } from '../context.ts'
import { layerOrigins } from './layer-origins.ts'
import { pickImage } from './pick.ts'

interface NamedImage {
  readonly name: string
  readonly platform?: Platform
}

export interface DiffRequest {
  readonly from: NamedImage
  readonly to: NamedImage
  readonly signal: AbortSignal
}

/** What differs between the files of two images. Rejects with `not_found` when one isn't there. */
export async function diffImages(
  context: EngineContext,
  { from, to, signal }: DiffRequest,
): Promise<AsyncIterable<ImageDiffMessage>> {
  const images = [
    await pickImage(context, from.name, from.platform),
    await pickImage(context, to.name, to.platform),
  ] as const
  const compared = await Promise.all(images.map(record => comparedImage(context, record)))
  return messages(context, { images, compared, signal })
}

async function* messages(
  context: EngineContext,
  {
    images: [from, to],
    compared,
    signal,
  }: {
    readonly images: readonly [ImageRecord, ImageRecord]
    readonly compared: readonly ComparedImage[]
    readonly signal: AbortSignal
  },
): AsyncGenerator<ImageDiffMessage> {
  yield { status: 'images', from: compared[0]!, to: compared[1]! }
  const counts = {
    added: { names: 0, bytes: 0 },
    changed: { names: 0, bytes: 0 },
    removed: { names: 0, bytes: 0 },
  }
  const growth = growthOf()
  for await (const difference of context.layers.compare(chainOf(from), chainOf(to), { signal })) {
    const message = messageOf(difference, growth(difference))
    counts[message.status].names++
    counts[message.status].bytes += message.bytes
    yield message
  }
  yield { status: 'done', ...counts }
}

async function comparedImage(context: EngineContext, record: ImageRecord): Promise<ComparedImage> {
  return {
    id: record.id,
    platform: formatPlatform(record.platform),
    size: record.size,
    layers: await layerOrigins(context, record),
  }
}

function chainOf(record: ImageRecord) {
  return record.layers.map(({ diffID }) => diffID)
}

function messageOf({ path, aspects, before, after, by }: Difference, bytes: number): FileDifference {
  return {
    status: statusOf(before, after),
    path,
    layer: placeOf(by),
    bytes,
    ...(before && after && { aspects }),
    ...(before && { before: factsOf(before) }),
    ...(after && { after: factsOf(after) }),
  }
}

function statusOf(before: ShownFile | undefined, after: ShownFile | undefined): FileDifference['status'] {
  if (!before) return 'added'
  return after ? 'changed' : 'removed'
}

function placeOf({ chain, index }: LayerPlace): ImageLayerPlace {
  return { image: chain, number: index + 1 }
}

function factsOf({ type, mode, uid, gid, size, mtime, layer, linked }: ShownFile): FileFacts {
  const time = new Date(mtime.seconds * 1000).toISOString().slice(0, 19)
  return {
    type,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    size,
    modified: `${time}.${String(mtime.nanoseconds).padStart(9, '0')}Z`,
    ...(linked && { links: linked.names }),
    layer: placeOf(layer),
  }
}

/** By how many bytes the image grows with each difference. An inode comes, and goes, with the last of its names. */
function growthOf(): (difference: Difference) => number {
  const seen = new Map<string, number>()
  const bytesOf = (side: string, file: ShownFile | undefined): number => {
    if (!file?.linked) return file?.size ?? 0
    const { inode, names } = file.linked
    const key = `${side} ${file.layer.chain} ${file.layer.index} ${inode}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count === names ? file.size : 0
  }
  return ({ before, after }) => bytesOf('after', after) - bytesOf('before', before)
}
