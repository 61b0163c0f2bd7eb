import { type ByteString, type TarInput, tarSize, writeTar } from '../../archive/index.ts'
import { type ContentStore, readBlob } from '../../content/index.ts'
import { type ImageRecord, manifestsOf, walkTarget } from '../../images/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import {
  CONFIG_LIMIT,
  type Descriptor,
  type DiffID,
  type Digest,
  digestOf,
  mediaTypes,
  parseDigest,
} from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import { type Bytes, bytesOf, StrataError } from '../../std/index.ts'
import {
  blobName,
  indexDocument,
  itemsDocument,
  manifestDocument,
  repositoriesDocument,
  type SavedImage,
} from './documents.ts'
import { v1Configs } from './v1-config.ts'

/** An image to be saved, and the names (each with a tag) that it is saved with. */
export interface WantedSave {
  readonly record: ImageRecord
  readonly references: readonly Reference[]
  /** The index that the names hold: saved with all that is here of it, as a registry serves it. */
  readonly index?: Descriptor
}

/** An archive that is written as it is read. */
export interface SavedArchive {
  readonly size: number
  /** Call once. */
  bytes(): Bytes
}

interface Entry {
  readonly size: number
  /** Seconds since the epoch. */
  readonly time: number
  readonly data: () => Bytes
}

/**
 * The archive of `docker save`: an OCI layout of which the layers are the uncompressed tars, and with it the documents that
 * older Dockers read. Entry for entry and byte for byte it is dockerd's, but for the time of the folder of the blobs: dockerd
 * has the time of the save there; here, the same images always make the same archive.
 * An index that names hold is saved as a registry serves it, its layers compressed as they are there.
 * What the images have must be kept from collection until the archive is read. Throws `failed_precondition` for an image
 * without layers.
 */
export async function saveImages(
  images: readonly WantedSave[],
  stores: { readonly content: ContentStore; readonly layers: LayerDriver },
): Promise<SavedArchive> {
  const files = new Map<string, Entry>()
  const put = (name: string, entry: Entry) => {
    if (!files.has(name)) files.set(name, entry)
  }
  const saved: SavedImage[] = []
  let time = 0
  for (const { record, references, index } of images) {
    if (index) {
      const layers = await putIndex(index, record, { content: stores.content, put })
      saved.push({ record, references, layers, target: index })
      continue
    }
    if (record.layers.length === 0) throw new StrataError('failed_precondition', 'empty export - not implemented')
    time = secondsOf(record.created)
    const diffIDs = record.layers.map(({ diffID }) => diffID)
    const config = await readBlob(stores.content, record.config.digest, CONFIG_LIMIT)
    const layers: Descriptor[] = []
    for (const diffID of diffIDs) {
      const { tarSize: size } = await stores.layers.info(diffID)
      put(blobName(diffID), { size, time, data: () => layerBytes(stores.layers, diffID) })
      layers.push({ mediaType: mediaTypes.ociLayer, digest: parseDigest(diffID), size })
    }
    for (const bytes of [...v1Configs(config, diffIDs), config]) put(blobName(digestOf(bytes)), document(bytes, time))
    const descriptor = { mediaType: mediaTypes.ociConfig, digest: record.config.digest, size: config.byteLength }
    const manifest = manifestDocument(descriptor, layers)
    put(blobName(digestOf(manifest)), document(manifest))
    const target = { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.byteLength }
    saved.push({ record, references, layers, target })
  }
  const entries = files.size > 0 ? [folder('blobs/', time), folder('blobs/sha256/', time)] : []
  files.set('index.json', document(indexDocument(saved)))
  files.set('manifest.json', document(itemsDocument(saved)))
  files.set('oci-layout', document(Buffer.from('{"imageLayoutVersion": "1.0.0"}')))
  const repositories = repositoriesDocument(saved)
  if (repositories) files.set('repositories', document(repositories))
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const all = [...entries, ...sorted.map(([name, entry]) => file(name, entry))]
  return { size: tarSize(all.map(({ header }) => header)), bytes: () => writeTar(opened(all)) }
}

/** Puts an index with all that is here of it. Returns the layers of the image that stands for it with older Dockers. */
async function putIndex(
  target: Descriptor,
  { id }: ImageRecord,
  { content, put }: { readonly content: ContentStore; readonly put: (name: string, entry: Entry) => void },
): Promise<readonly Descriptor[]> {
  for await (const { descriptor } of walkTarget(content, target)) {
    const { digest } = descriptor
    if (!(await content.has(digest))) continue
    const { size } = await content.info(digest)
    put(blobName(digest), { size, time: 0, data: () => blobBytes(content, digest) })
  }
  const found = (await manifestsOf(content, target)).find(({ manifest }) => manifest?.config.digest === id)
  return found?.manifest?.layers ?? []
}

async function* blobBytes(content: ContentStore, digest: Digest): AsyncGenerator<Uint8Array> {
  await using blob = await content.open(digest)
  yield* blob.bytes()
}

interface ClosedInput {
  readonly header: TarInput['header']
  readonly data?: () => Bytes
}

/** Opens the data of each entry when it is its turn. */
function* opened(entries: readonly ClosedInput[]): Generator<TarInput> {
  for (const { header, data } of entries) yield data ? { header, data: data() } : { header }
}

function folder(name: string, time: number): ClosedInput {
  return { header: { name: name as ByteString, type: 'directory', mode: 0o755, mtime: timestamp(time) } }
}

function file(name: string, { size, time, data }: Entry): ClosedInput {
  return { header: { name: name as ByteString, type: 'file', mode: 0o644, size, mtime: timestamp(time) }, data }
}

function document(bytes: Buffer, time = 0): Entry {
  return { size: bytes.byteLength, time, data: () => bytesOf(bytes) }
}

async function* layerBytes(layers: LayerDriver, diffID: DiffID): AsyncGenerator<Uint8Array> {
  await using blob = await layers.open(diffID)
  yield* blob.bytes()
}

function timestamp(seconds: number) {
  return { seconds, nanoseconds: 0 }
}

/** Of an RFC 3339 time; 0 without one. */
function secondsOf(created: string): number {
  return Math.floor((Date.parse(created) || 0) / 1000)
}
