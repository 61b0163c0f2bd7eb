import {
  type Descriptor,
  type Digest,
  type FlatIndex,
  hostPlatform,
  type Index,
  isAttestation,
  isHostSystem,
  type Manifest,
  mayBeImage,
  type Platform,
  parseImageConfig,
  pickPlatform,
  SUBJECT,
} from '../../oci/index.ts'
import { Slots } from '../../std/index.ts'
import { together } from '../together.ts'
import type { WantedPlatforms } from '../transfer.ts'
import {
  noMatchingManifest,
  plain,
  type ReadOptions,
  readConfig,
  readIndexes,
  readManifest,
  type WantedImage,
  wantedImage,
} from './wanted-image.ts'

/** Several manifests of an index, down to their configs. */
export interface WantedIndex {
  readonly target: Descriptor
  readonly flat: FlatIndex
  /** In the order in which they are listed. */
  readonly manifests: readonly WantedManifest[]
}

export interface WantedManifest {
  readonly descriptor: Descriptor
  /** Its config, and its layers as the registry serves them. */
  readonly blobs: readonly Descriptor[]
  /** Absent for what can't run here. */
  readonly image?: WantedImage
}

/** Manifests that are read at once. */
const READERS = 4

/**
 * Reads the manifests of an index, and of those within it, for some platforms and the attestations of these, or all that there are, with their
 * configs, and keeps all of them. Throws `not_found` with Docker's text for a platform that the index has not.
 */
export async function readIndex(
  target: Descriptor,
  index: Index,
  options: ReadOptions & { readonly platforms: WantedPlatforms },
): Promise<WantedIndex> {
  const flat = await readIndexes(index, options)
  const chosen = options.platforms === 'all' ? flat.manifests : chosenOf(flat, options.platforms)
  const readers = new Slots(READERS)
  const works = chosen.map(descriptor => async (signal: AbortSignal) => {
    using _reader = await readers.acquire(signal)
    return await readOne({ target, indexes: flat.indexes }, descriptor, { ...options, signal })
  })
  const manifests = await together(works, options.signal)
  if (!manifests.some(({ image }) => image)) throw noMatchingManifest(hostPlatform())
  return { target, flat, manifests }
}

function chosenOf({ manifests }: FlatIndex, platforms: readonly Platform[]): Descriptor[] {
  const chosen = new Set<Digest>()
  for (const platform of platforms) {
    const picked = pickPlatform(manifests, platform)
    if (!picked) throw noMatchingManifest(platform)
    chosen.add(picked.digest)
  }
  return manifests.filter(each => chosen.has(each.digest) || chosen.has(subjectOf(each) as Digest))
}

function subjectOf(descriptor: Descriptor): string | undefined {
  return isAttestation(descriptor) ? descriptor.annotations?.[SUBJECT] : undefined
}

type Of = Pick<WantedImage, 'target' | 'indexes'>

async function readOne(of: Of, descriptor: Descriptor, options: ReadOptions): Promise<WantedManifest> {
  const manifest = await readManifest(descriptor, options)
  const blobs = [manifest.config, ...manifest.layers]
  for (const { digest } of blobs) await options.keep(digest)
  const image = await imageOf(of, { descriptor, manifest }, options)
  return { descriptor, blobs, ...(image && { image }) }
}

/** The image of a manifest, if it is one that can be held as such: neither an attestation nor for another operating system. */
async function imageOf(
  of: Of,
  { descriptor, manifest }: { readonly descriptor: Descriptor; readonly manifest: Manifest },
  options: ReadOptions,
): Promise<WantedImage | undefined> {
  if (!mayBeImage(descriptor, manifest)) return undefined
  const config = parseImageConfig(await readConfig(manifest.config, options))
  if (!isHostSystem(config.os)) return undefined
  return wantedImage({ ...of, manifest: plain(descriptor) }, manifest, config)
}
