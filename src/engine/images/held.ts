import type { ImageManifestSummary } from '../../apitypes/index.ts'
import {
  type HeldIndex,
  type ImageSummary,
  manifestsOf,
  type NameRecord,
  type TargetManifest,
} from '../../images/index.ts'
import {
  type Descriptor,
  type Digest,
  hostPlatform,
  isAttestation,
  isImageManifest,
  pickPlatform,
  SUBJECT,
} from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import type { EngineContext } from '../context.ts'
import { usersOf } from './conflict.ts'

/** What a name that holds several platforms points to. */
export interface HoldingName extends NameRecord {
  readonly target: Descriptor
  readonly held: HeldIndex
}

/** What the names of an image hold, each index once. */
export function heldUnder(context: EngineContext, { holding }: Pick<ImageSummary, 'holding'>): HoldingName[] {
  const found = new Map<Digest, HoldingName>()
  for (const name of holding) {
    const points = context.images.name(parseReference(name))
    if (points && isHolding(points) && !found.has(points.target.digest)) found.set(points.target.digest, points)
  }
  return [...found.values()]
}

export function isHolding(points: NameRecord): points is HoldingName {
  return points.held !== undefined && points.target !== undefined
}

/** The images that a name holds, that which it means among them. */
export function imagesHeld({ held }: Pick<NameRecord, 'held'>): Digest[] {
  return [...new Set((held?.manifests ?? []).flatMap(({ image }) => image ?? []))]
}

/** The images that a name or an ID leads to: all that the name holds. Throws as `resolve` does. */
export function imagesNamed({ images }: EngineContext, text: string): Digest[] {
  const { record, name } = images.resolve(text)
  const points = name === undefined ? undefined : images.name(parseReference(name))
  return [...new Set([record.id, ...imagesHeld(points ?? {})])]
}

/** The image that a name means which holds these: the host's, or the first; undefined when there is none. */
export function meantOf(context: EngineContext, manifests: HeldIndex['manifests']): Digest | undefined {
  const images = manifests.flatMap(({ image }) => (image ? (context.images.get(image) ?? []) : []))
  const offered = images.map(({ config, platform }) => ({ ...config, platform }))
  return (pickPlatform(offered, hostPlatform()) ?? offered[0])?.digest
}

/** The blobs that a name holds as a registry serves them. */
export function blobsHeld({ held }: Pick<NameRecord, 'held'>): Digest[] {
  return [...new Set((held?.manifests ?? []).flatMap(({ digest, blobs }) => [digest, ...blobs]))]
}

/** Bytes of those of the blobs that are here. */
export async function sizeOfBlobs({ content }: EngineContext, blobs: Iterable<Digest>): Promise<number> {
  let size = 0
  for (const digest of new Set(blobs)) if (await content.has(digest)) size += (await content.info(digest)).size
  return size
}

/** The manifests of the index that a name holds, in its order, and what is here of each. */
export async function summariesOfHeld(context: EngineContext, name: HoldingName): Promise<ImageManifestSummary[]> {
  const held = new Map(name.held.manifests.map(each => [each.digest, each]))
  const manifests = await manifestsOf(context.content, name.target)
  return await Promise.all(
    manifests.map(async manifest => {
      const { descriptor } = manifest
      const its = held.get(descriptor.digest)
      const Content = its ? await sizeOfBlobs(context, [its.digest, ...its.blobs]) : 0
      const image = its?.image && context.images.get(its.image)
      const Unpacked = image ? image.size : 0
      const users = image ? usersOf(context, image.id).map(({ id }) => id) : []
      const Platform = descriptor.platform ?? image?.platform ?? { os: '', architecture: '' }
      const Kind = kindOf(manifest)
      return {
        ...{ ID: descriptor.digest, Descriptor: descriptor, Available: its !== undefined },
        ...{ Size: { Content, Total: Content + Unpacked }, Kind },
        ...(Kind === 'image' && {
          ImageData: { Platform, Size: { Unpacked }, Containers: users.length > 0 ? users : null },
        }),
        ...(Kind === 'attestation' && { AttestationData: { For: descriptor.annotations?.[SUBJECT] ?? '' } }),
      }
    }),
  )
}

function kindOf({ descriptor, manifest }: TargetManifest): ImageManifestSummary['Kind'] {
  if (isAttestation(descriptor)) return 'attestation'
  return !manifest || isImageManifest(manifest) ? 'image' : 'unknown'
}
