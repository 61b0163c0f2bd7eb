import { type ContentStore, readBlob } from '../content/index.ts'
import { type Descriptor, MANIFEST_LIMIT, type Manifest, type ParsedManifest, parseManifest } from '../oci/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'

/** A manifest that a target leads to. */
export interface TargetManifest {
  /** As the index lists it, with its platform and annotations. */
  readonly descriptor: Descriptor
  /** Absent when it is not here. */
  readonly manifest?: Manifest
}

/** A blob that a target leads to, or the target itself. */
export interface TargetBlob {
  readonly kind: 'index' | 'manifest' | 'config' | 'layer'
  readonly descriptor: Descriptor
}

/** The manifests of an index in its order, or the one that `target` is. Throws `not_found` without the target's own bytes. */
export async function manifestsOf(content: ContentStore, target: Descriptor): Promise<TargetManifest[]> {
  const parsed = await read(content, target)
  if (parsed.kind === 'manifest') return [{ descriptor: target, manifest: parsed.manifest }]
  return Promise.all(parsed.index.manifests.map(descriptor => manifestOf(content, descriptor)))
}

async function manifestOf(content: ContentStore, descriptor: Descriptor): Promise<TargetManifest> {
  try {
    const parsed = await read(content, descriptor)
    if (parsed.kind === 'manifest') return { descriptor, manifest: parsed.manifest }
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    return { descriptor }
  }
  throw new StrataError('invalid_argument', `unsupported manifest media type: ${descriptor.mediaType} within an index`)
}

/**
 * All blobs that a target leads to, each once and after those that it refers to: config and layers, their manifest, … , and
 * the target last: the order in which a registry takes them. Manifests that are not here are left out, with all that they
 * would refer to; whether a config or a layer is here is not looked at. Throws `not_found` without the target's own bytes.
 */
export async function* walkTarget(content: ContentStore, target: Descriptor): AsyncGenerator<TargetBlob> {
  const seen = new Set<string>()
  const fresh = ({ digest }: Descriptor) => !seen.has(digest) && seen.add(digest)
  const found = await manifestsOf(content, target)
  for (const { descriptor, manifest } of found) {
    if (!manifest) continue
    if (fresh(manifest.config)) yield { kind: 'config', descriptor: manifest.config }
    for (const layer of manifest.layers) if (fresh(layer)) yield { kind: 'layer', descriptor: layer }
    if (fresh(descriptor)) yield { kind: 'manifest', descriptor }
  }
  if (fresh(target)) yield { kind: 'index', descriptor: target }
}

async function read(content: ContentStore, { digest, mediaType }: Descriptor): Promise<ParsedManifest> {
  return parseManifest(await readBlob(content, digest, MANIFEST_LIMIT), mediaType)
}
