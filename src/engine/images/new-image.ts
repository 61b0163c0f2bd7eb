import { putBlob } from '../../content/index.ts'
import type { ImageLayer, ImageRecord, PassingLease } from '../../images/index.ts'
import {
  type Digest,
  digestOf,
  type HistoryEntry,
  type ImageConfig,
  mediaTypes,
  type Platform,
} from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import type { EngineContext } from '../context.ts'

/** What an image that is made here is to say. */
export interface NewImage {
  readonly platform: Platform
  readonly created: string
  readonly author?: string
  readonly comment?: string
  /** What a container of it runs: Docker's `Config`. */
  readonly config: NonNullable<ImageConfig['config']>
  readonly history: readonly HistoryEntry[]
  /** Lowest first. */
  readonly layers: readonly ImageLayer[]
  readonly parent?: Digest
  /** Members that Docker alone writes. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly reference?: Reference
}

/** Writes the config of an image and records it, with its name. What is to be told of it is the caller's. */
export async function recordImage(context: EngineContext, lease: PassingLease, image: NewImage): Promise<ImageRecord> {
  const bytes = Buffer.from(JSON.stringify(configOf(context, image)))
  const id = digestOf(bytes)
  await lease.addContent(id)
  await putBlob(context.content, bytes)
  const { platform, created, layers, parent, reference } = image
  const record: ImageRecord = {
    id,
    config: { mediaType: mediaTypes.dockerConfig, digest: id, size: bytes.byteLength },
    ...(parent !== undefined && { parent }),
    layers,
    platform,
    created,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    labels: image.config.Labels ?? null,
  }
  context.images.put(record, reference ? [{ reference }] : [])
  return record
}

/** Members in the order in which dockerd writes them: that of their names. */
function configOf(context: EngineContext, image: NewImage): object {
  const { platform, created, author, comment, config, history, layers, extra } = image
  const members = {
    ...extra,
    ...platform,
    ...(author && { author }),
    ...(comment && { comment }),
    config,
    created,
    docker_version: context.config.version,
    history,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) },
  }
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
}
