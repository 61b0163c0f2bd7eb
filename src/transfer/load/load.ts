/**
 * The road from an archive into the store: `docker load`.
 *
 * An archive is a tar of *entries*, in any order, that is read once, as it comes: what looks like a layer goes straight into
 * the layer store, what may be a *document* (JSON) is held. Only at the end do the documents tell which images there are,
 * and what each entry is of them: Docker's `manifest.json`, or the `index.json` of an OCI layout, which also tells of
 * indexes: what may be a blob of one is put aside as it passes; or a folder an image and `repositories`, of Docker before
 * 1.10. Nothing is recorded before all of the images are known to be whole.
 */
import { decompress } from '../../archive/index.ts'
import { type ContentStore, putBlob } from '../../content/index.ts'
import type { ImageRecord, ImageStore, PassingLease } from '../../images/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import { digestOf, hostPlatform, matchesPlatform, type Platform } from '../../oci/index.ts'
import { familiarString, type Reference } from '../../reference/index.ts'
import { type Bytes, isStrataError, StrataError } from '../../std/index.ts'
import { imageRecord } from '../image-record.ts'
import { type ArrivedIndex, nameIndex } from '../name-index.ts'
import type { ProgressEvent } from '../transfer.ts'
import { findCandidates, type IndexCandidate, withoutIndexes } from './candidates.ts'
import { takeIn } from './intake.ts'
import { LayerIntake } from './layer-intake.ts'
import type { Named } from './layout.ts'
import { parentsOf } from './parents.ts'
import { Spool } from './spool.ts'
import { type WholeImage, wholeImage } from './whole-image.ts'
import { wholeIndex } from './whole-index.ts'

export interface LoadOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly images: ImageStore
  /** Keeps what comes in. What it holds and no image has can be collected afterwards. */
  readonly lease: PassingLease
  /** The most bytes of an uncompressed layer. */
  readonly maxLayerSize: number
  /** Only images for it, of an index one; without it, all, and indexes whole, as far as they are there. */
  readonly platform?: Platform
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/**
 * Loads the images of an archive, which may be compressed as a whole, and returns them. Its chunks are taken over: their
 * memory is given back when they are done with. Everything that the user shall read goes to `progress`. Throws
 * `invalid_argument` for what is no archive of images, or one that lies, with Docker's texts where it has one; `not_found`
 * when no index in it has the platform; `unavailable` when the disk is full.
 */
export async function loadImages(archive: Bytes, options: LoadOptions): Promise<ImageRecord[]> {
  await using spool = new Spool(options)
  const { images, indexes, untold } = await bringImages(archive, options, spool).catch(refuseInDockersWords)
  const parents = parentsOf(images.map(({ candidate }) => candidate))
  for (const image of images) await putDocuments(image, options)
  const records = images.map(({ candidate, parts, infos }) => {
    const parent = parents.get(candidate.id)
    return { ...imageRecord(parts, infos), ...(parent !== undefined && { parent }) }
  })
  for (const [position, record] of records.entries()) {
    const { references } = images[position]!.candidate
    telling(references, { ...options, untold }, () => nameImage(references, record, options))
  }
  const held = indexes.flatMap(index => nameWhole(index, options))
  // As in Docker, it is the last image that decides; of none at all nothing is said.
  const last = images.at(-1)
  if (untold) return records
  if (!last && indexes.length === 0) options.progress({})
  else if (last?.candidate.references.length === 0) {
    options.progress({ stream: records.map(({ id }) => `Loaded image ID: ${id}\n`).join('') })
  }
  return [...records, ...held]
}

interface Whole {
  readonly images: readonly WholeImage[]
  readonly indexes: readonly NamedIndex[]
  /** It is not said which images were loaded. */
  readonly untold: boolean
}

type NamedIndex = Named<ArrivedIndex>

/** Takes the archive in, and finds its images in it. */
async function bringImages(archive: Bytes, options: LoadOptions, spool: Spool): Promise<Whole> {
  const { platform, signal } = options
  // Of one platform no index is made.
  await using intake = new LayerIntake({ ...options, ...(!platform && { spool }) })
  const files = await takeIn(decompress(archive, { signal }), { layers: intake, signal })
  const candidates = await findCandidates(files, platform)
  if (candidates.indexes.length > 0) await intake.settled()
  const indexes: NamedIndex[] = []
  const taken: IndexCandidate[] = []
  const single = [...candidates.images]
  for (const candidate of candidates.indexes) {
    const index = await wholeIndex(candidate, { ...options, files, spool })
    if (index) {
      indexes.push({ ...index, references: candidate.references })
      taken.push(candidate)
    } else {
      const image = candidate.instead()
      if (image) single.push(image)
    }
  }
  const images: WholeImage[] = []
  for (const candidate of single.flatMap(each => withoutIndexes(each, taken))) {
    if (platform && !matchesPlatform(platform, candidate.imageConfig)) continue
    images.push(await wholeImage(candidate, { ...options, files }))
  }
  return { images, indexes, untold: candidates.untold === true }
}

const dockersWords = ['unexpected EOF', 'archive/tar: invalid tar header']

/** Docker doesn't say where an archive or a layer is broken. */
function refuseInDockersWords(error: unknown): never {
  const words = isStrataError(error, 'invalid_argument') && dockersWords.find(each => error.message.startsWith(each))
  throw words ? new StrataError('invalid_argument', words, { cause: error }) : error
}

async function putDocuments({ candidate, parts }: WholeImage, { content, lease }: LoadOptions): Promise<void> {
  const documents = [candidate.configBytes, ...(parts.manifest && candidate.manifest ? [candidate.manifest.bytes] : [])]
  for (const bytes of documents) {
    await lease.addContent(digestOf(bytes))
    await putBlob(content, bytes)
  }
}

function nameImage(references: readonly Reference[], record: ImageRecord, { images }: LoadOptions): ImageRecord {
  const target = record.manifest
  images.put(
    record,
    references.map(reference => ({ reference, ...(target && { target }) })),
  )
  return record
}

/** Records an index with its images, and the names that hold it. */
function nameWhole({ references, ...index }: NamedIndex, options: LoadOptions): readonly ImageRecord[] {
  const [first, ...others] = references
  if (!first) return []
  let records: readonly ImageRecord[] = []
  telling(references, options, () => {
    const named = nameIndex([first, ...others], index, { images: options.images, platform: hostPlatform() })
    records = named.records
    return named.records[0]
  })
  return records
}

/** Does `naming`, which lets names lead to the image that it returns, and tells of it in Docker's words. */
function telling(
  references: readonly Reference[],
  { images, progress, untold = false }: LoadOptions & Partial<Pick<Whole, 'untold'>>,
  naming: () => ImageRecord,
): void {
  const before = references.map(reference => images.name(reference)?.image)
  const { id } = naming()
  for (const [position, reference] of references.entries()) {
    const old = before[position]
    if (old === undefined || old === id) continue
    const moved = `The image ${familiarString(reference)} already exists, renaming the old one with ID ${old}`
    progress({ stream: `${moved} to empty string\n` })
  }
  if (untold) return
  for (const reference of references) progress({ stream: `Loaded image: ${familiarString(reference)}\n` })
}
