import { type RawJSON, raw, rawList, rawMap, rawObject } from '../../gojson/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import { type Descriptor, type DiffID, type Digest, hexOf, isIndex, mediaTypes } from '../../oci/index.ts'
import { familiarName, familiarString, formatReference, type Reference } from '../../reference/index.ts'

/** An image of an archive, as its documents tell of it. */
export interface SavedImage {
  readonly record: ImageRecord
  /** The names that it is saved with, each with a tag. */
  readonly references: readonly Reference[]
  /** Its layers as they are in the archive, lowest first. */
  readonly layers: readonly Descriptor[]
  /** What `index.json` lists: the manifest made for the archive, or the index that the names hold. */
  readonly target: Descriptor
}

/** Where a blob lies in an OCI layout. */
export function blobName(digest: Digest | DiffID): string {
  return `blobs/sha256/${hexOf(digest)}`
}

/** The manifest of an image in an archive, which no registry has. */
export function manifestDocument(config: Descriptor, layers: readonly Descriptor[]): Buffer {
  const mediaType = mediaTypes.ociManifest
  return Buffer.from(raw({ schemaVersion: 2, mediaType, config, layers }))
}

/** `index.json`: what each name leads to, or the image's manifest alone where it has none. */
export function indexDocument(images: readonly SavedImage[]): Buffer {
  const manifests = images.flatMap(({ target: { mediaType, digest, size }, references }) => {
    const descriptor = { mediaType, digest, size }
    const named = references.map(reference => ({
      ...descriptor,
      annotations: {
        'io.containerd.image.name': formatReference(reference),
        'org.opencontainers.image.ref.name': reference.tag,
      },
    }))
    return named.length > 0 ? named : [descriptor]
  })
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: images.length > 0 ? manifests : null }
  return Buffer.from(raw(index))
}

/** `manifest.json`, which Docker reads. */
export function itemsDocument(images: readonly SavedImage[]): Buffer {
  const saved = new Set(images.map(({ record }) => record.id))
  const items = images.map(({ record, references, layers, target }) => {
    const sources = layers.map(({ mediaType, size, digest }) => [digest, raw({ mediaType, size, digest })] as const)
    const parent = record.parent !== undefined && saved.has(record.parent) ? record.parent : undefined
    return rawObject([
      ['Config', raw(blobName(record.config.digest))],
      ['RepoTags', raw(references.length > 0 ? references.map(familiarString) : null)],
      ['Layers', raw(layers.map(({ digest }) => blobName(digest)))],
      ...(parent !== undefined ? [['Parent', raw(parent)] as const] : []),
      // Layers that are compressed are not what images know them by.
      ...(isIndex(target.mediaType) ? [] : [['LayerSources', rawMap(new Map(sources))] as const]),
    ])
  })
  return Buffer.from(images.length > 0 ? `${rawList(items)}\n` : 'null\n')
}

/** `repositories`, which Docker read before 1.10: repository -> tag -> the image's highest layer. Undefined without names. */
export function repositoriesDocument(images: readonly SavedImage[]): Buffer | undefined {
  const repositories = new Map<string, Map<string, RawJSON>>()
  for (const { references, layers } of images) {
    for (const reference of references) {
      const name = familiarName(reference)
      const tags = repositories.get(name) ?? new Map<string, RawJSON>()
      repositories.set(name, tags.set(reference.tag ?? '', raw(hexOf(layers.at(-1)?.digest ?? ''))))
    }
  }
  if (repositories.size === 0) return undefined
  return Buffer.from(`${rawMap([...repositories].map(([name, tags]) => [name, rawMap(tags)] as const))}\n`)
}
