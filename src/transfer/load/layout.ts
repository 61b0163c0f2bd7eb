import {
  type Descriptor,
  type Digest,
  digestOf,
  type FlatIndex,
  flattenIndex,
  type Index,
  isIndex,
  isManifest,
  type Manifest,
  mediaTypes,
  parseManifest,
} from '../../oci/index.ts'
import { formatReference, type Reference } from '../../reference/index.ts'
import { isStrataError, StrataError } from '../../std/index.ts'
import { blobName } from '../save/documents.ts'
import { documentAt, type Files, findFile } from './files.ts'
import { taggedReference } from './items.ts'

/** What `index.json` of an OCI layout lists, each once. */
export interface Layout {
  readonly manifests: readonly Named<LayoutManifest>[]
  readonly indexes: readonly Named<LayoutIndex>[]
}

export type Named<T> = T & { readonly references: readonly Reference[] }

export interface LayoutManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly manifest: Manifest
}

export interface LayoutIndex {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  /** What it lists; the indexes within it are those that are in the archive. */
  readonly flat: FlatIndex
  /** Those of its manifests that are in the archive, each once, as they are listed. */
  readonly manifests: readonly LayoutManifest[]
}

/** Reads the documents of a layout. Throws `invalid_argument`, with both digests in `details` for what is not what it should be. */
export async function readLayout(files: Files): Promise<Layout> {
  const top = parseManifest(documentAt(files, 'index.json'), mediaTypes.ociIndex)
  if (top.kind !== 'index') throw new StrataError('invalid_argument', 'index.json is not an index')
  const manifests = new Map<Digest, Named<LayoutManifest>>()
  const indexes = new Map<Digest, Named<LayoutIndex>>()
  for (const listed of top.index.manifests) {
    const { mediaType, digest, size } = listed
    if (!isIndex(mediaType) && !isManifest(mediaType)) continue
    const references = referencesOf(listed)
    const bytes = blobAt(files, listed)
    const parsed = parseManifest(bytes, mediaType)
    const descriptor = { mediaType, digest, size }
    if (parsed.kind === 'manifest') add(manifests, { descriptor, bytes, manifest: parsed.manifest, references })
    else {
      const flat = await flattenIndex(parsed.index, async inner => indexIn(files, inner))
      add(indexes, { descriptor, bytes, flat, manifests: manifestsIn(files, flat), references })
    }
  }
  return { manifests: [...manifests.values()], indexes: [...indexes.values()] }
}

/** Adds what is listed, or its names to what is there. */
function add<T extends { readonly descriptor: Descriptor }>(to: Map<Digest, Named<T>>, entry: Named<T>): void {
  const { digest } = entry.descriptor
  const all = [...(to.get(digest)?.references ?? []), ...entry.references]
  const distinct = new Map(all.map(reference => [formatReference(reference), reference]))
  to.set(digest, { ...entry, references: [...distinct.values()] })
}

/** An index within an index, if it is there. */
function indexIn(files: Files, descriptor: Descriptor): Index | undefined {
  const { mediaType, digest } = descriptor
  if (!findFile(files, blobName(digest))) return undefined
  const parsed = parseManifest(blobAt(files, descriptor), mediaType)
  if (parsed.kind === 'index') return parsed.index
  throw new StrataError('invalid_argument', `${digest} is a manifest, and listed as ${mediaType}`)
}

/** The manifests of an index that are there: archives of one platform may have the index of all. */
function manifestsIn(files: Files, flat: FlatIndex): LayoutManifest[] {
  const here = new Map<Digest, LayoutManifest>()
  for (const descriptor of flat.manifests) {
    const { mediaType, digest } = descriptor
    if (!isManifest(mediaType) || here.has(digest) || !findFile(files, blobName(digest))) continue
    const bytes = blobAt(files, descriptor)
    const parsed = parseManifest(bytes, mediaType)
    if (parsed.kind === 'manifest') here.set(digest, { descriptor, bytes, manifest: parsed.manifest })
  }
  return [...here.values()]
}

/** The names of an image in an OCI layout: containerd's annotation has the whole name, the standard's may be a tag alone. */
function referencesOf({ annotations = {} }: Descriptor): Reference[] {
  const whole = annotations['io.containerd.image.name']
  const standard = annotations['org.opencontainers.image.ref.name']
  const name = whole ?? (standard !== undefined && /[:/]/.test(standard) ? standard : undefined)
  if (name === undefined) return []
  try {
    return [taggedReference(name)]
  } catch (error) {
    // Of the standard's annotation anything may stand there.
    if (whole === undefined && isStrataError(error, 'invalid_argument')) return []
    throw error
  }
}

/** A document of an OCI layout, verified. */
export function blobAt(files: Files, { digest }: Descriptor): Uint8Array {
  const bytes = documentAt(files, blobName(digest))
  const actual = digestOf(bytes)
  if (actual === digest) return bytes
  throw new StrataError('invalid_argument', `content verification failed for digest ${digest}`, {
    details: { expected: digest, actual },
  })
}
