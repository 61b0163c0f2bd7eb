import { type ContentStore, putBlob, readBlob } from '../../content/index.ts'
import {
  CONFIG_LIMIT,
  type Descriptor,
  type DiffID,
  type Digest,
  type FlatIndex,
  flattenIndex,
  formatPlatform,
  hostPlatform,
  type ImageConfig,
  type Index,
  isHostSystem,
  isImageManifest,
  isPartOfImage,
  MANIFEST_LIMIT,
  type Manifest,
  mediaTypes,
  type ParsedManifest,
  type Platform,
  parseImageConfig,
  parseManifest,
  pickPlatform,
  verified,
} from '../../oci/index.ts'
import type { Fetcher, ResolvedManifest } from '../../remotes/index.ts'
import { collect, isStrataError, retry, StrataError, throwIfAborted } from '../../std/index.ts'

/** One image of what a reference leads to, down to its config. */
export interface WantedImage {
  /** What the registry serves under the reference. */
  readonly target: Descriptor
  /** The indexes within the target; all of them are kept. */
  readonly indexes: readonly Descriptor[]
  readonly manifest: Descriptor
  readonly config: Descriptor
  readonly imageConfig: ImageConfig
  /** Lowest first. */
  readonly layers: readonly { readonly diffID: DiffID; readonly descriptor: Descriptor }[]
}

export interface ReadOptions {
  readonly content: ContentStore
  readonly fetcher: Fetcher
  readonly attempts: number
  /** The first pause before another attempt, in milliseconds. */
  readonly pause: number
  /** Keeps a blob from being collected; called before it is looked for. */
  readonly keep: (digest: Digest) => Promise<void>
  /** Told when it is clear that the target is one that can be pulled. */
  readonly began: () => void
  readonly signal: AbortSignal
}

/** Which image of an index. */
export interface PickOptions extends ReadOptions {
  /** What is picked. */
  readonly platform: Platform
  /** What the user asked for. */
  readonly requested?: Platform
}

/** Follows a target that was read through indexes (for the platform) and the manifest to the config, and keeps all of them. */
export async function readImage(
  target: Descriptor,
  parsed: ParsedManifest,
  options: PickOptions,
): Promise<WantedImage> {
  const { descriptor, manifest, indexes } = await pickManifest(target, parsed, options)
  refuseArtifacts(manifest)
  const imageConfig = parseImageConfig(await readConfig(manifest.config, options))
  throwIfAborted(options.signal)
  return wantedImage({ target, indexes, manifest: descriptor }, manifest, imageConfig)
}

/** Parses what a reference leads to, refuses what is no image, and keeps it. */
export async function readTarget(target: ResolvedManifest, options: ReadOptions): Promise<ParsedManifest> {
  const parsed = parseManifest(target.bytes, target.descriptor.mediaType)
  const isDocker = target.descriptor.mediaType === mediaTypes.dockerManifest
  if (isDocker && parsed.kind === 'manifest') refuseOtherKinds(parsed.manifest)
  options.began()
  await options.keep(target.descriptor.digest)
  await putBlob(options.content, target.bytes)
  return parsed
}

/** An image whose manifest and config have been read. Throws Docker's texts for those that can't be held here. */
export function wantedImage(
  of: Pick<WantedImage, 'target' | 'indexes' | 'manifest'>,
  manifest: Manifest,
  imageConfig: ImageConfig,
): WantedImage {
  const { os } = imageConfig
  if (!isHostSystem(os)) {
    const reason = 'operating system is not supported'
    throw new StrataError(
      'invalid_argument',
      `image operating system "${os}" cannot be used on this platform: ${reason}`,
    )
  }
  const diffIDs = imageConfig.rootfs.diff_ids
  if (diffIDs.length !== manifest.layers.length) {
    throw new StrataError('failed_precondition', "layers from manifest don't match image configuration")
  }
  const layers = manifest.layers.map((layer, position) => ({ diffID: diffIDs[position]!, descriptor: layer }))
  return { ...of, config: manifest.config, imageConfig, layers }
}

async function pickManifest(
  target: Descriptor,
  parsed: ParsedManifest,
  options: PickOptions,
): Promise<{ descriptor: Descriptor; manifest: Manifest; indexes: readonly Descriptor[] }> {
  if (parsed.kind === 'manifest') return { descriptor: target, manifest: parsed.manifest, indexes: [] }
  const { manifests, indexes } = await readIndexes(parsed.index, options)
  const picked = pickPlatform(manifests, options.platform)
  if (!picked) throw noMatchingManifest(options.requested ?? hostPlatform())
  return { descriptor: plain(picked), manifest: await readManifest(picked, options), indexes }
}

/** Reads the indexes within an index, and keeps them. */
export async function readIndexes(index: Index, options: ReadOptions): Promise<FlatIndex> {
  return await flattenIndex(index, async descriptor => {
    const inner = await readDocument(descriptor, options)
    if (inner.kind === 'index') return inner.index
    throw mislisted(descriptor, 'a manifest')
  })
}

export function noMatchingManifest(platform: Platform): StrataError {
  const name = formatPlatform(platform)
  return new StrataError('not_found', `no matching manifest for ${name} in the manifest list entries`)
}

/** Without what an index says of it. */
export function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

/** Reads a manifest of an index, and keeps it. */
export async function readManifest(descriptor: Descriptor, options: ReadOptions): Promise<Manifest> {
  const chosen = await readDocument(descriptor, options)
  if (chosen.kind === 'manifest') return chosen.manifest
  throw mislisted(descriptor, 'an index')
}

async function readDocument(descriptor: Descriptor, options: ReadOptions): Promise<ParsedManifest> {
  const { content, fetcher, keep } = options
  const { mediaType, digest } = descriptor
  await keep(digest)
  const known = await content.has(digest)
  const bytes = known ? await readBlob(content, digest, MANIFEST_LIMIT) : await fetcher.manifest(descriptor)
  const parsed = parseManifest(bytes, mediaType)
  if (!known) await putBlob(content, bytes)
  return parsed
}

function mislisted({ mediaType, digest }: Descriptor, what: string): StrataError {
  return new StrataError('invalid_argument', `${digest} is ${what}, and listed as ${mediaType}`)
}

function refuseOtherKinds(manifest: Manifest): void {
  if (isImageManifest(manifest)) return
  const { config } = manifest
  const kind = config.mediaType.startsWith('application/vnd.docker.plugin.') ? 'plugin' : 'unknown'
  throw new StrataError('invalid_argument', `Encountered remote "${config.mediaType}"(${kind}) when fetching`)
}

/** Docker's words for what has the form of an image and is none. */
function refuseArtifacts({ config, layers }: Manifest): void {
  for (const { mediaType } of [config, ...layers]) {
    if (mediaType.toLowerCase().startsWith('application/vnd.docker.ai.')) {
      const advice = 'please use "docker model pull/run" instead'
      throw new StrataError('invalid_argument', `AI models are not yet supported by the Engine, ${advice}`)
    }
    if (!isPartOfImage(mediaType)) {
      throw new StrataError('invalid_argument', `unsupported media type ${mediaType}`)
    }
  }
}

/** Reads a config, and keeps it. */
export async function readConfig(config: Descriptor, options: ReadOptions): Promise<Uint8Array> {
  const { content, fetcher, keep, attempts, pause, signal } = options
  await keep(config.digest)
  if (await content.has(config.digest)) return readBlob(content, config.digest, CONFIG_LIMIT)
  if (config.size > CONFIG_LIMIT) {
    throw new StrataError('invalid_argument', `image config is larger than ${CONFIG_LIMIT} bytes`)
  }
  let tried = 0
  const fetchOnce = async (attempt: number) => {
    tried = attempt
    return collect(verified(await fetcher.blob(config, 0), config), CONFIG_LIMIT)
  }
  const retriable = (error: unknown) =>
    isStrataError(error, 'failed_precondition')
      ? fetcher.refuse(config)
      : isStrataError(error, 'unavailable') && !error.details.final
  try {
    const bytes = await retry(fetchOnce, { attempts, pause, longest: 10 * pause, retriable, signal })
    await putBlob(content, bytes)
    return bytes
  } catch (error) {
    throw configError(error, config, tried)
  }
}

function configError(error: unknown, { digest }: Descriptor, attempts: number): unknown {
  if (!isStrataError(error) || error.code === 'canceled') return error
  const reason =
    error.code === 'failed_precondition'
      ? `image config verification failed for digest ${digest}`
      : `download failed after attempts=${attempts}: ${error.message}`
  const { details } = error
  return new StrataError(error.code, `error pulling image configuration: ${reason}`, { cause: error, details })
}
