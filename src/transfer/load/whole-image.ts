import type { PassingLease } from '../../images/index.ts'
import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { type Descriptor, type DiffID, type Digest, mediaTypes } from '../../oci/index.ts'
import { bytesOf, StrataError } from '../../std/index.ts'
import type { ImageParts } from '../image-record.ts'
import type { Candidate } from './candidate.ts'
import { type ArrivedLayer, type Files, findFile, missing } from './files.ts'

export interface WholeOptions {
  readonly files: Files
  readonly layers: LayerDriver
  readonly lease: PassingLease
  readonly maxLayerSize: number
  readonly signal: AbortSignal
}

/** An image all of whose layers are in the store. */
export interface WholeImage {
  readonly candidate: Candidate
  readonly parts: ImageParts
  readonly infos: readonly LayerInfo[]
}

/**
 * Makes sure that the layers of an image are in the store and are what its config says. Throws `invalid_argument` with
 * Docker's texts.
 */
export async function wholeImage(candidate: Candidate, options: WholeOptions): Promise<WholeImage> {
  const { imageConfig, id, configBytes } = candidate
  const arrived: (Arrived | undefined)[] = []
  const infos: LayerInfo[] = []
  for (const [position, diffID] of imageConfig.rootfs.diff_ids.entries()) {
    const layer = await layerOf(diffID, candidate.layers[position]!, options)
    if (layer.info.diffID !== diffID) {
      const text = `invalid diffID for layer ${position}: expected "${diffID}", got "${layer.info.diffID}"`
      throw new StrataError('invalid_argument', text)
    }
    infos.push(layer.info)
    arrived.push(layer)
  }
  const config = { mediaType: mediaTypes.ociConfig, digest: id, size: configBytes.byteLength }
  const sources = candidate.manifest?.manifest.layers.map((descriptor, position) =>
    sourceOf(descriptor, arrived[position]),
  )
  // Of an archive that has manifest.json, only a manifest that is proven to be of these layers.
  const manifest = sources?.every(source => source !== undefined) ? candidate.manifest : undefined
  const layers = imageConfig.rootfs.diff_ids.map((diffID, position) => {
    const descriptor = manifest && sources?.[position]
    return descriptor ? { diffID, descriptor } : { diffID }
  })
  const parts = {
    imageConfig,
    layers,
    config: manifest?.manifest.config ?? config,
    ...(manifest && { manifest: manifest.descriptor }),
  }
  return { candidate, parts, infos }
}

interface Arrived {
  readonly info: LayerInfo
  /** The digest of the file, when it was verified. */
  readonly digest?: Digest
}

async function layerOf(diffID: DiffID, path: string, options: WholeOptions): Promise<Arrived> {
  const { files, layers, lease, maxLayerSize, signal } = options
  const file = findFile(files, path)
  const arrived = file?.kind === 'layer' ? await outcomeOf(file.layer) : undefined
  // As in Docker, nobody minds what the archive has for a layer that is here.
  await lease.addLayers(diffID)
  if (await layers.has(diffID)) {
    return arrived?.info?.diffID === diffID ? (arrived as Arrived) : { info: await layers.info(diffID) }
  }
  if (arrived?.info) return { ...arrived, info: arrived.info }
  if (arrived) throw arrived.error
  if (!file) throw missing(path)
  if (file.kind !== 'document') throw new StrataError('invalid_argument', 'archive/tar: invalid tar header')
  const keep = (layer: DiffID) => lease.addLayers(layer)
  const { bytes } = file
  return { info: await layers.ingest(bytesOf(bytes), { size: bytes.byteLength, limit: maxLayerSize, keep, signal }) }
}

/** What came of a file that looked like a layer. */
async function outcomeOf({ info, digest }: ArrivedLayer): Promise<Partial<Arrived> & { readonly error?: unknown }> {
  try {
    return { info: await info, ...(digest && { digest }) }
  } catch (error) {
    return { error }
  }
}

/** What a manifest says of a layer, when that is what came. */
function sourceOf(descriptor: Descriptor, arrived: Arrived | undefined): Descriptor | undefined {
  if (!arrived) return undefined
  const actual = arrived.digest ?? (arrived.info.diffID as string)
  return actual === descriptor.digest ? descriptor : undefined
}
