import { type ContentStore, readBlob } from '../content/index.ts'
import {
  type Descriptor,
  flattenIndex,
  isIndex,
  MANIFEST_LIMIT,
  type Manifest,
  type ParsedManifest,
  parseManifest,
} from '../oci/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'

/** A manifest that a target leads to. */
export interface TargetManifest {
  /** As the index lists it, with its platform and annotations; an index itself when that is not here. */
  readonly descriptor: Descriptor
  /** Absent when it is not here. */
  readonly manifest?: Manifest
}

/** A blob that a target leads to, or the target itself. */
export interface TargetBlob {
  readonly kind: 'index' | 'manifest' | 'config' | 'layer'
  readonly descriptor: Descriptor
}

/**
 * The manifests of an index in its order, those of the indexes within it in their place, or the one that `target` is. Throws
 * `not_found` without the target's own bytes.
 */
export async function manifestsOf(content: ContentStore, target: Descriptor): Promise<TargetManifest[]> {
  return (await partsOf(content, target)).manifests
}

interface TargetParts {
  readonly manifests: TargetManifest[]
  /** The indexes within an index that are here, each after those that it lists. */
  readonly indexes: readonly Descriptor[]
}

async function partsOf(content: ContentStore, target: Descriptor): Promise<TargetParts> {
  const parsed = await read(content, target)
  if (parsed.kind === 'manifest') return { manifests: [{ descriptor: target, manifest: parsed.manifest }], indexes: [] }
  const flat = await flattenIndex(parsed.index, async descriptor => {
    const inner = await readIfHere(content, descriptor)
    return inner?.kind === 'index' ? inner.index : undefined
  })
  const manifests = await Promise.all(flat.manifests.map(descriptor => manifestOf(content, descriptor)))
  return { manifests, indexes: flat.indexes }
}

async function manifestOf(content: ContentStore, descriptor: Descriptor): Promise<TargetManifest> {
  const parsed = isIndex(descriptor.mediaType) ? undefined : await readIfHere(content, descriptor)
  if (!parsed) return { descriptor }
  if (parsed.kind === 'manifest') return { descriptor, manifest: parsed.manifest }
  throw new StrataError('invalid_argument', `${descriptor.digest} is an index, and listed as ${descriptor.mediaType}`)
}

/**
 * All blobs that a target leads to, each once and after those that it refers to: config and layers, their manifest, … , the
 * indexes within an index, and the target last: the order in which a registry takes them. Manifests and indexes that are not
 * here are left out, with all that they would refer to; whether a config or a layer is here is not looked at. Throws `not_found` without the target's own bytes.
 */
export async function* walkTarget(content: ContentStore, target: Descriptor): AsyncGenerator<TargetBlob> {
  const seen = new Set<string>()
  const fresh = ({ digest }: Descriptor) => !seen.has(digest) && seen.add(digest)
  const { manifests, indexes } = await partsOf(content, target)
  for (const { descriptor, manifest } of manifests) {
    if (!manifest) continue
    if (fresh(manifest.config)) yield { kind: 'config', descriptor: manifest.config }
    for (const layer of manifest.layers) if (fresh(layer)) yield { kind: 'layer', descriptor: layer }
    if (fresh(descriptor)) yield { kind: 'manifest', descriptor }
  }
  for (const descriptor of [...indexes, target]) if (fresh(descriptor)) yield { kind: 'index', descriptor }
}

async function readIfHere(content: ContentStore, descriptor: Descriptor): Promise<ParsedManifest | undefined> {
  try {
    return await read(content, descriptor)
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    return undefined
  }
}

async function read(content: ContentStore, { digest, mediaType }: Descriptor): Promise<ParsedManifest> {
  return parseManifest(await readBlob(content, digest, MANIFEST_LIMIT), mediaType)
}
