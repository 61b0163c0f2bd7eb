import type { HeldIndex, HeldManifest, ImageRecord, ImageStore, NameRecord } from '../images/index.ts'
import type { LayerInfo } from '../layers/index.ts'
import { type Descriptor, type Digest, type FlatIndex, type Platform, pickPlatform } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import { type ImageParts, imageRecord } from './image-record.ts'

/** What came in of an index: all of it is in the stores. */
export interface ArrivedIndex {
  readonly target: Descriptor
  /** What it lists, and the indexes within it, all of which have come. */
  readonly flat: FlatIndex
  readonly manifests: readonly ArrivedManifest[]
}

export interface ArrivedManifest {
  readonly descriptor: Descriptor
  /** Its config, and its layers as a registry serves them. */
  readonly blobs: readonly Descriptor[]
  /** Absent for what can't run here. */
  readonly image?: ArrivedImage
}

export interface ArrivedImage {
  readonly parts: ImageParts
  /** What the layer store says of its layers, lowest first. */
  readonly infos: readonly LayerInfo[]
}

export interface NameIndexOptions {
  readonly images: ImageStore
  /** Which of the images the names mean when no platform is asked for. */
  readonly platform: Platform
}

/**
 * Records the images of an index and lets names hold them, with what they hold of it already. Returns the images, the one
 * that the names mean first, and whether the first of the names stays as it was.
 */
export function nameIndex(
  names: readonly [Reference, ...Reference[]],
  { target, flat, manifests }: ArrivedIndex,
  { images, platform }: NameIndexOptions,
): { readonly records: readonly [ImageRecord, ...ImageRecord[]]; readonly unchanged: boolean } {
  const [before] = names.map(each => images.name(each))
  const known = before?.target?.digest === target.digest ? (before.held?.manifests ?? []) : []
  const held = heldOf(flat, [...known, ...manifests.map(heldManifest)])
  const image = meantImage(flat, held, platform)
  const records = new Map<Digest, ImageRecord>()
  for (const { image: arrived } of manifests) {
    if (arrived) records.set(arrived.parts.config.digest, imageRecord(arrived.parts, arrived.infos))
  }
  const record = records.get(image) ?? images.get(image)
  if (!record) throw new Error(`the name holds the image ${image}, which does not exist`)
  records.delete(image)
  const indexes = flat.indexes.map(({ digest }) => digest)
  const points = { target, ...(indexes.length > 0 && { indexes }), held }
  const others = [...records.values()]
  images.put(
    record,
    names.map(reference => ({ reference, ...points })),
    { others },
  )
  return { records: [record, ...others], unchanged: same(before, { image, ...points }) }
}

function heldManifest({ descriptor, blobs, image }: ArrivedManifest): HeldManifest {
  const digests = [...new Set(blobs.map(({ digest }) => digest))]
  return { digest: descriptor.digest, ...(image && { image: image.parts.config.digest }), blobs: digests }
}

/** In the order in which they are listed, each once. */
function heldOf(flat: FlatIndex, manifests: readonly HeldManifest[]): HeldIndex {
  const byDigest = new Map(manifests.map(each => [each.digest, each]))
  const listed = [...new Set(flat.manifests.map(({ digest }) => digest))]
  const held = listed.flatMap(digest => byDigest.get(digest) ?? [])
  return { manifests: held, whole: held.length === listed.length }
}

/** The image for `platform`; the first one when there is none. */
function meantImage(flat: FlatIndex, held: HeldIndex, platform: Platform): Digest {
  const images = new Map(held.manifests.flatMap(({ digest, image }) => (image ? [[digest, image] as const] : [])))
  const here = flat.manifests.filter(({ digest }) => images.has(digest))
  const picked = pickPlatform(here, platform) ?? here[0]!
  return images.get(picked.digest)!
}

function same(a: NameRecord | undefined, b: NameRecord): boolean {
  const { image, held } = a ?? {}
  return image === b.image && JSON.stringify(held) === JSON.stringify(b.held)
}
