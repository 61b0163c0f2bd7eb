import type { ImageRecord, NameRecord } from '../images/index.ts'
import type { LayerDriver } from '../layers/index.ts'
import type { DiffID, Digest } from '../oci/index.ts'
import type { Contents, GarbageOptions } from './gc.ts'

interface Marked extends Contents {
  readonly content: Set<Digest>
  readonly layers: Set<DiffID>
}

function markRecord(record: ImageRecord, marked: Marked): void {
  marked.content.add(record.config.digest)
  if (record.manifest) marked.content.add(record.manifest.digest)
  for (const { diffID, source } of record.layers) {
    marked.layers.add(diffID)
    if (source) marked.content.add(source.digest)
  }
}

function markName({ target, indexes, held }: NameRecord, marked: Marked): void {
  for (const each of [...(target ? [target.digest] : []), ...(indexes ?? [])]) marked.content.add(each)
  for (const { digest, blobs } of held?.manifests ?? []) for (const each of [digest, ...blobs]) marked.content.add(each)
}

/** What images, writables and the extra sets keep; leases are the collection's own matter. Records are read in one go. */
export async function mark(
  options: Pick<GarbageOptions, 'images' | 'extraContent' | 'extraLayers'> & { readonly layers: LayerDriver },
): Promise<Contents> {
  const marked: Marked = { content: new Set(options.extraContent), layers: new Set(options.extraLayers) }
  for (const { record } of options.images.list()) markRecord(record, marked)
  for (const [, name] of options.images.names()) markName(name, marked)
  for (const { record } of options.images.removedImages()) markRecord(record, marked)
  for (const points of options.images.removedPoints()) markName(points, marked)
  for await (const { chain } of options.layers.writables()) for (const layer of chain) marked.layers.add(layer)
  return marked
}
