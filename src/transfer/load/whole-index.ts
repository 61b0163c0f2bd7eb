import { type ContentStore, passingRef, putBlob } from '../../content/index.ts'
import { type Descriptor, digestOf } from '../../oci/index.ts'
import { type Bytes, isStrataError, StrataError } from '../../std/index.ts'
import type { ArrivedIndex, ArrivedManifest } from '../name-index.ts'
import { blobName } from '../save/documents.ts'
import type { IndexCandidate } from './candidates.ts'
import { findFile } from './files.ts'
import { blobAt, type LayoutManifest } from './layout.ts'
import type { Spool } from './spool.ts'
import { type WholeOptions, wholeImage } from './whole-image.ts'

export interface WholeIndexOptions extends WholeOptions {
  readonly content: ContentStore
  readonly spool: Spool
}

/**
 * What an archive has of an index, with each blob as a registry serves it; manifests of which something is missing are left
 * out. Undefined when that is one image of several: it can as well stand alone. Throws `invalid_argument` for what is not
 * what its digest says.
 */
export async function wholeIndex(
  candidate: IndexCandidate,
  options: WholeIndexOptions,
): Promise<ArrivedIndex | undefined> {
  const { descriptor: target, bytes, flat } = candidate
  const here = candidate.manifests.filter(each =>
    blobsOf(each).every(({ digest }) => findFile(options.files, blobName(digest))),
  )
  const missing = new Set(flat.manifests.map(({ digest }) => digest)).size - here.length
  const imageOf = ({ descriptor: { digest } }: LayoutManifest) => candidate.images.get(digest)
  if (!here.some(imageOf) || (here.length === 1 && missing > 0)) return undefined
  for (const each of [bytes, ...flat.indexes.map(inner => blobAt(options.files, inner))])
    await keepDocument(each, options)
  const manifests: ArrivedManifest[] = []
  for (const manifest of here) {
    const image = imageOf(manifest)
    const whole = image && (await wholeImage(image, options))
    if (whole && !whole.parts.manifest) {
      throw new StrataError('invalid_argument', "layers from manifest don't match image configuration")
    }
    for (const blob of blobsOf(manifest)) await keepBlob(blob, options)
    await keepDocument(manifest.bytes, options)
    const arrived = whole && { image: { parts: whole.parts, infos: whole.infos } }
    manifests.push({ descriptor: manifest.descriptor, blobs: blobsOf(manifest), ...arrived })
  }
  return { target, flat, manifests }
}

function blobsOf({ manifest }: LayoutManifest): readonly Descriptor[] {
  return [manifest.config, ...manifest.layers]
}

async function keepBlob({ digest, size }: Descriptor, options: WholeIndexOptions): Promise<void> {
  const { files, content, spool, lease, layers } = options
  await lease.addContent(digest)
  if (await content.has(digest)) return
  const file = findFile(files, blobName(digest))
  try {
    if (file?.kind === 'document') await keepDocument(file.bytes, options, { digest, size })
    else if (file?.kind === 'layer' && file.layer.digest === undefined) {
      // Not compressed: the layer is the blob.
      await using blob = await layers.open((await file.layer.info).diffID)
      await copy(blob.bytes(), { digest, size }, content)
    } else await spool.keep(digest, size)
  } catch (error) {
    if (!isStrataError(error, 'failed_precondition')) throw error
    const text = `content verification failed for digest ${digest}`
    throw new StrataError('invalid_argument', text, { cause: error, details: error.details })
  }
}

async function keepDocument(
  bytes: Uint8Array,
  { content, lease }: WholeIndexOptions,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'> = { digest: digestOf(bytes), size: bytes.byteLength },
): Promise<void> {
  const actual = digestOf(bytes)
  if (actual !== digest || bytes.byteLength !== size) {
    throw new StrataError('failed_precondition', 'unexpected content', { details: { expected: digest, actual } })
  }
  await lease.addContent(digest)
  await putBlob(content, bytes)
}

async function copy(bytes: Bytes, expect: Pick<Descriptor, 'digest' | 'size'>, content: ContentStore): Promise<void> {
  const ref = passingRef(expect.digest)
  try {
    await using writer = await content.writer(ref)
    for await (const chunk of bytes) await writer.write(chunk)
    await writer.commit(expect)
  } finally {
    await content.abort(ref)
  }
}
