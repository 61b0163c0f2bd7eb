import {
  type Descriptor,
  type Digest,
  digestOf,
  formatPlatform,
  hostPlatform,
  isHostSystem,
  mayBeImage,
  mediaTypes,
  type Platform,
  parseImageConfig,
  pickPlatform,
} from '../../oci/index.ts'
import { formatReference } from '../../reference/index.ts'
import { isStrataError, StrataError } from '../../std/index.ts'
import { blobName } from '../save/documents.ts'
import type { Candidate } from './candidate.ts'
import { documentAt, type Files, findFile } from './files.ts'
import { configOf } from './image-config.ts'
import { parseItems } from './items.ts'
import { blobAt, type Layout, type LayoutIndex, type LayoutManifest, type Named, readLayout } from './layout.ts'
import { hasV1Images, v1Candidates } from './v1-images.ts'

/** An index that may come as such, with the images of it that are in the archive. */
export interface IndexCandidate extends Named<LayoutIndex> {
  /** Those of its manifests that are images for this system, by the digest of the manifest. */
  readonly images: ReadonlyMap<Digest, Candidate>
  /** The image that stands for it when it doesn't come as such; undefined when another document says that. */
  readonly instead: () => Candidate | undefined
}

export interface Candidates {
  readonly images: readonly Candidate[]
  /** Each with a name. An image of one that has the same name is part of it, if the index comes. */
  readonly indexes: readonly IndexCandidate[]
  /** Docker doesn't say which images it has loaded. */
  readonly untold?: true
}

/**
 * The images of an archive, by `manifest.json` or else by `index.json` or else by the folders of Docker before 1.10, and the
 * indexes that `index.json` names. Of an index without a name, which nothing would hold together here, and of each when a
 * platform is asked for, one image is taken.
 * Throws `invalid_argument`; `not_found` when there is an index, and nothing for the platform.
 */
export async function findCandidates(files: Files, platform: Platform | undefined): Promise<Candidates> {
  const items = findFile(files, 'manifest.json') && parseItems(documentAt(files, 'manifest.json'))
  const hasLayout = findFile(files, 'index.json') !== undefined
  if (!items && !hasLayout) {
    if (hasV1Images(files)) return { images: await v1Candidates(files), indexes: [], untold: true }
    const text = 'invalid archive: there is no manifest.json, index.json or repositories in it'
    throw new StrataError('invalid_argument', text)
  }
  const layout = !hasLayout ? { manifests: [], indexes: [] } : await (items ? layoutIfAny(files) : readLayout(files))
  const images = items
    ? dockerCandidates(files, items, layout)
    : layout.manifests.map(each => ociCandidate(files, each))
  const named = layout.indexes.filter(({ references }) => references.length > 0)
  if (platform) {
    const indexes = (items ? named : layout.indexes).map(each => ({ ...each, images: imagesOf(files, each) }))
    const chosen = indexes.flatMap(each => chosenOf(files, each, platform) ?? [])
    if (indexes.length > 0 && chosen.length === 0) throw notThere(platform)
    return { images: [...images.flatMap(each => withoutIndexes(each, indexes)), ...chosen], indexes: [] }
  }
  const instead = (index: Named<LayoutIndex>) => (items ? undefined : chosenOf(files, index, undefined))
  const nameless = layout.indexes.filter(({ references }) => references.length === 0)
  return {
    images: [...images, ...nameless.flatMap(each => instead(each) ?? [])],
    indexes: named.map(each => ({ ...each, images: imagesOf(files, each), instead: () => instead(each) })),
  }
}

/** An image with those of its names that no index which it is part of has; nothing when that leaves it none. */
export function withoutIndexes(
  image: Candidate,
  indexes: readonly Pick<IndexCandidate, 'images' | 'references'>[],
): Candidate[] {
  const its = indexes.filter(({ images }) => images.values().some(({ id }) => id === image.id))
  if (its.length === 0) return [image]
  const taken = new Set(its.flatMap(({ references }) => references.map(formatReference)))
  const references = image.references.filter(each => !taken.has(formatReference(each)))
  return references.length > 0 ? [{ ...image, references }] : []
}

function notThere(platform: Platform): StrataError {
  return new StrataError(
    'not_found',
    `requested platform (${formatPlatform(platform)}) not found: image might be filtered out`,
  )
}

function dockerCandidates(files: Files, items: ReturnType<typeof parseItems>, layout: Layout): Candidate[] {
  const manifests = registryManifests(layout)
  return items.map(({ config, layers, references, parent }) => {
    const configBytes = documentAt(files, config)
    const id = digestOf(configBytes)
    const manifest = manifests.find(each => each.manifest.config.digest === id)
    const imageConfig = configOf(configBytes, layers.length)
    return {
      ...{ id, configBytes, imageConfig, layers, references },
      ...(parent !== undefined && { parent }),
      ...(manifest && { manifest }),
    }
  })
}

/** The layout of an archive that has `manifest.json` too, which is what counts; empty when it can't be read. */
async function layoutIfAny(files: Files): Promise<Layout> {
  try {
    return await readLayout(files)
  } catch (error) {
    // But what has been tampered with is never right.
    if (!isStrataError(error, 'invalid_argument') || error.details.actual !== undefined) throw error
    return { manifests: [], indexes: [] }
  }
}

/** Manifests that a registry serves: of compressed layers; the others were made for the archive. */
function registryManifests({ manifests, indexes }: Layout): LayoutManifest[] {
  const all = [...manifests, ...indexes.flatMap(index => index.manifests)]
  return all.filter(({ manifest }) => manifest.layers.some(({ mediaType }) => !plainTypes.has(mediaType)))
}

const plainTypes: ReadonlySet<string> = new Set([mediaTypes.ociLayer, mediaTypes.dockerLayer])

function ociCandidate(files: Files, { references, ...manifest }: Named<LayoutManifest>): Candidate {
  const { config, layers } = manifest.manifest
  const configBytes = blobAt(files, config)
  const imageConfig = configOf(configBytes, layers.length)
  const paths = layers.map(({ digest }) => blobName(digest))
  const descriptor = plain(manifest.descriptor)
  return {
    id: config.digest,
    configBytes,
    imageConfig,
    layers: paths,
    references,
    manifest: { ...manifest, descriptor },
  }
}

/** Without what an index says of it. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

/** The images of an index that can be held here. */
function imagesOf(files: Files, { manifests }: LayoutIndex): ReadonlyMap<Digest, Candidate> {
  const images = new Map<Digest, Candidate>()
  for (const each of manifests) {
    const { config } = each.manifest
    if (!mayBeImage(each.descriptor, each.manifest) || !findFile(files, blobName(config.digest))) continue
    if (!isHostSystem(parseImageConfig(blobAt(files, config)).os)) continue
    images.set(each.descriptor.digest, ociCandidate(files, { ...each, references: [] }))
  }
  return images
}

/** The image of an index for a platform; without one the host's, or the first. One of which something is missing comes last. */
function chosenOf(files: Files, index: Named<LayoutIndex>, platform: Platform | undefined): Candidate | undefined {
  const blobsOf = ({ manifest }: LayoutManifest) => [manifest.config, ...manifest.layers]
  const isWhole = (each: LayoutManifest) => blobsOf(each).every(({ digest }) => findFile(files, blobName(digest)))
  const whole = index.manifests.filter(isWhole)
  const here = whole.length > 0 ? whole : index.manifests
  const manifests = here.map(({ descriptor }) => descriptor)
  const picked = pickPlatform(manifests, platform ?? hostPlatform()) ?? (platform ? undefined : manifests[0])
  const found = here.find(({ descriptor }) => descriptor.digest === picked?.digest)
  return found && ociCandidate(files, { ...found, references: index.references })
}
