import { type ByteString, type TarInput, tarSize, writeTar } from '../archive/index.ts'
import { type ContentStore, readBlob } from '../content/index.ts'
import type { ImageRecord } from '../images/index.ts'
import type { LayerDriver } from '../layers/index.ts'
import { CONFIG_LIMIT, type Descriptor, type DiffID, digestOf, mediaTypes, parseDigest } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import { type Bytes, bytesOf, StrataError } from '../std/index.ts'
import {
  blobName,
  indexDocument,
  itemsDocument,
  manifestDocument,
  repositoriesDocument,
  type SavedImage,
} from './save-documents.ts'
import { v1Configs } from './v1-config.ts'

/** An image to be saved, and the names (each with a tag) that it is saved with. */
export interface WantedSave {
  readonly record: ImageRecord
  readonly references: readonly Reference[]
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
  for (const { record, references } of images) {
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
    saved.push({ record, references, layers, manifest })
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
