/**
 * The road from an archive into the store: `docker load`.
 *
 * An archive is a tar of *entries*, in any order, that is read once, as it comes: what looks like a layer goes straight into
 * the layer store, what may be a *document* (JSON) is held. Only at the end do the documents tell which images there are,
 * and what each entry is of them: Docker's `manifest.json`, or the `index.json` of an OCI layout. Nothing is recorded before
 * all of the images are known to be whole.
 */
import { decompress } from '../../archive/index.ts'
import { type ContentStore, putBlob } from '../../content/index.ts'
import type { ImageRecord, ImageStore, PassingLease } from '../../images/index.ts'
import type { LayerDriver } from '../../layers/index.ts'
import { digestOf, matchesPlatform, type Platform } from '../../oci/index.ts'
import { familiarString } from '../../reference/index.ts'
import type { Bytes } from '../../std/index.ts'
import { imageRecord } from '../image-record.ts'
import type { ProgressEvent } from '../transfer.ts'
import { findCandidates } from './candidates.ts'
import { takeIn } from './intake.ts'
import { LayerIntake } from './layer-intake.ts'
import { parentsOf } from './parents.ts'
import { type WholeImage, wholeImage } from './whole-image.ts'

export interface LoadOptions {
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly images: ImageStore
  /** Keeps what comes in. What it holds and no image has can be collected afterwards. */
  readonly lease: PassingLease
  /** The most bytes of an uncompressed layer. */
  readonly maxLayerSize: number
  /** Only images for it; without it, all. */
  readonly platform?: Platform
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/**
 * Loads the images of an archive, which may be compressed as a whole, and returns them. Everything that the user shall read
 * goes to `progress`. Throws `invalid_argument` for what is no archive of images, or one that lies, with Docker's texts
 * where it has one; `unavailable` when the disk is full.
 */
export async function loadImages(archive: Bytes, options: LoadOptions): Promise<ImageRecord[]> {
  const whole = await bringImages(archive, options)
  const parents = parentsOf(whole.map(({ candidate }) => candidate))
  for (const image of whole) await putDocuments(image, options)
  const records = whole.map(({ candidate, parts, infos }) => {
    const parent = parents.get(candidate.id)
    return { ...imageRecord(parts, infos), ...(parent !== undefined && { parent }) }
  })
  for (const [position, record] of records.entries()) name(record, whole[position]!, options)
  // As in Docker, it is the last image that decides; of none at all nothing is said.
  const last = whole.at(-1)
  if (!last) options.progress({})
  else if (last.candidate.references.length === 0) {
    options.progress({ stream: records.map(({ id }) => `Loaded image ID: ${id}\n`).join('') })
  }
  return records
}

/** Takes the archive in, and finds its images in it. */
async function bringImages(archive: Bytes, options: LoadOptions): Promise<WholeImage[]> {
  const { platform, signal } = options
  await using intake = new LayerIntake(options)
  const files = await takeIn(decompress(archive, { signal }), { layers: intake, signal })
  const candidates = findCandidates(files, platform)
  const whole: WholeImage[] = []
  for (const candidate of candidates) {
    if (platform && !matchesPlatform(platform, candidate.imageConfig)) continue
    whole.push(await wholeImage(candidate, { ...options, files }))
  }
  return whole
}

async function putDocuments({ candidate, parts }: WholeImage, { content, lease }: LoadOptions): Promise<void> {
  const documents = [candidate.configBytes, ...(parts.manifest && candidate.manifest ? [candidate.manifest.bytes] : [])]
  for (const bytes of documents) {
    await lease.addContent(digestOf(bytes))
    await putBlob(content, bytes)
  }
}

/** Records an image and its names, and tells of it. */
function name(record: ImageRecord, { candidate }: WholeImage, { images, progress }: LoadOptions): void {
  const { references } = candidate
  for (const reference of references) {
    const before = images.name(reference)
    if (!before || before.image === record.id) continue
    const moved = `The image ${familiarString(reference)} already exists, renaming the old one with ID ${before.image}`
    progress({ stream: `${moved} to empty string\n` })
  }
  const target = record.manifest
  images.put(
    record,
    references.map(reference => ({ reference, ...(target && { target }) })),
  )
  for (const reference of references) progress({ stream: `Loaded image: ${familiarString(reference)}\n` })
}
