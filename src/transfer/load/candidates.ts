import {
  type Descriptor,
  type Digest,
  digestOf,
  hostPlatform,
  type ImageConfig,
  isIndex,
  isManifest,
  type Manifest,
  mediaTypes,
  type Platform,
  parseImageConfig,
  parseManifest,
  pickPlatform,
} from '../../oci/index.ts'
import { formatReference, type Reference } from '../../reference/index.ts'
import { isStrataError, StrataError } from '../../std/index.ts'
import { blobName } from '../save/documents.ts'
import { documentAt, type Files, findFile } from './files.ts'
import { parseItems, taggedReference } from './items.ts'

/** An image that the documents of an archive tell of; whether its layers are there is another question. */
export interface Candidate {
  readonly id: Digest
  readonly configBytes: Uint8Array
  readonly imageConfig: ImageConfig
  /** Lowest first, one for each diffID of the config: where it lies in the archive. */
  readonly layers: readonly string[]
  readonly references: readonly Reference[]
  readonly parent?: Digest
  /** The manifest that a registry would serve. */
  readonly manifest?: CandidateManifest
}

export interface CandidateManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly manifest: Manifest
}

/** The images of an archive, by `manifest.json` or else by `index.json`. Throws `invalid_argument`. */
export function findCandidates(files: Files, platform: Platform | undefined): Candidate[] {
  if (findFile(files, 'manifest.json')) return dockerCandidates(files)
  if (findFile(files, 'index.json')) return ociCandidates(files, platform)
  throw new StrataError('invalid_argument', 'invalid archive: there is neither a manifest.json nor an index.json in it')
}

function dockerCandidates(files: Files): Candidate[] {
  const items = parseItems(documentAt(files, 'manifest.json'))
  const manifests = findFile(files, 'index.json') ? compressedManifests(files) : []
  return items.map(({ config, layers, references, parent }) => {
    const configBytes = documentAt(files, config)
    const id = digestOf(configBytes)
    const manifest = manifests.find(each => each.manifest.config.digest === id)
    const imageConfig = configOf(configBytes, layers.length)
    return {
      id,
      configBytes,
      imageConfig,
      layers,
      references,
      ...(parent !== undefined && { parent }),
      ...(manifest && { manifest }),
    }
  })
}

/** Reads a config. Throws Docker's texts. */
function configOf(bytes: Uint8Array, layers: number): ImageConfig {
  const config = parseImageConfig(bytes)
  const host = hostPlatform().os
  if (config.os !== host) throw new StrataError('invalid_argument', `cannot load ${config.os} image on ${host}`)
  const diffIDs = config.rootfs.diff_ids.length
  if (diffIDs === layers) return config
  throw new StrataError(
    'invalid_argument',
    `invalid manifest, layers length mismatch: expected ${layers}, got ${diffIDs}`,
  )
}

/**
 * The manifests of an archive that has `manifest.json` too, as far as they are there: only those of compressed layers are a
 * registry's; the others were made for the archive.
 */
function compressedManifests(files: Files): CandidateManifest[] {
  try {
    return described(files, undefined)
      .map(({ manifest }) => manifest)
      .filter(({ manifest }) => manifest.layers.some(({ mediaType }) => !plainTypes.has(mediaType)))
  } catch (error) {
    // manifest.json is what counts.
    if (isStrataError(error, 'invalid_argument')) return []
    throw error
  }
}

const plainTypes: ReadonlySet<string> = new Set([mediaTypes.ociLayer, mediaTypes.dockerLayer])

function ociCandidates(files: Files, platform: Platform | undefined): Candidate[] {
  const byDigest = new Map<Digest, Candidate>()
  for (const { manifest, references } of described(files, platform)) {
    const { descriptor } = manifest
    const known = byDigest.get(descriptor.digest)
    const candidate = known ?? ociCandidate(files, manifest)
    const all = [...candidate.references, ...references]
    const distinct = new Map(all.map(reference => [formatReference(reference), reference]))
    byDigest.set(descriptor.digest, { ...candidate, references: [...distinct.values()] })
  }
  return [...byDigest.values()]
}

function ociCandidate(files: Files, manifest: CandidateManifest): Candidate {
  const { config, layers } = manifest.manifest
  const configBytes = blobAt(files, config)
  const imageConfig = configOf(configBytes, layers.length)
  const paths = layers.map(({ digest }) => blobName(digest))
  return { id: config.digest, configBytes, imageConfig, layers: paths, references: [], manifest }
}

interface Described {
  readonly manifest: CandidateManifest
  readonly references: readonly Reference[]
}

/** The manifests that `index.json` leads to; of an index in it, the one for the platform. */
function described(files: Files, platform: Platform | undefined): Described[] {
  const parsed = parseManifest(documentAt(files, 'index.json'), mediaTypes.ociIndex)
  if (parsed.kind !== 'index') throw new StrataError('invalid_argument', 'index.json is not an index')
  return parsed.index.manifests.flatMap(descriptor => {
    const manifest = manifestAt(files, descriptor, platform)
    return manifest ? [{ manifest, references: referencesOf(descriptor) }] : []
  })
}

function manifestAt(
  files: Files,
  descriptor: Descriptor,
  platform: Platform | undefined,
): CandidateManifest | undefined {
  const { mediaType, digest, size } = descriptor
  if (!isIndex(mediaType) && !isManifest(mediaType)) return undefined
  const bytes = blobAt(files, descriptor)
  const parsed = parseManifest(bytes, mediaType)
  if (parsed.kind === 'manifest') return { descriptor: { mediaType, digest, size }, bytes, manifest: parsed.manifest }
  const here = parsed.index.manifests.filter(
    each => isManifest(each.mediaType) && findFile(files, blobName(each.digest)),
  )
  const index = { ...parsed.index, manifests: here }
  const picked = pickPlatform(index, platform ?? hostPlatform()) ?? (platform ? undefined : here[0])
  return picked && manifestAt(files, picked, platform)
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
function blobAt(files: Files, { digest }: Descriptor): Uint8Array {
  const bytes = documentAt(files, blobName(digest))
  const actual = digestOf(bytes)
  if (actual === digest) return bytes
  throw new StrataError('invalid_argument', `content verification failed for digest ${digest}`, {
    details: { expected: digest, actual },
  })
}
