import { type ContentStore, readBlob } from '../content/index.ts'
import type { ImageRecord } from '../images/index.ts'
import type { LayerDriver } from '../layers/index.ts'
import {
  CONFIG_LIMIT,
  type ImageConfig,
  MANIFEST_LIMIT,
  type Manifest,
  parseImageConfig,
  parseManifest,
} from '../oci/index.ts'
import { messageOf } from '../std/index.ts'
import type { Finding } from './gc.ts'

export const PULL_AGAIN = 'remove the images that need it and pull or build them again'

interface Parts {
  readonly content: ContentStore
  readonly layers: LayerDriver
}

/** Compares the record of an image with its manifest, its config and the layers that are there. */
export async function* checkImage(record: ImageRecord, parts: Parts): AsyncGenerator<Finding> {
  for await (const what of problemsOf(record, parts)) {
    yield { severity: 'error', kind: 'image', id: record.id, what: `image ${record.id}: ${what}`, remedy: PULL_AGAIN }
  }
}

async function* problemsOf(record: ImageRecord, { content, layers }: Parts): AsyncGenerator<string> {
  if (record.config.digest !== record.id) yield `its config is ${record.config.digest}`
  const config = await attempt(() => readConfig(record, content))
  if (typeof config === 'string') yield `its config can't be read: ${config}`
  else {
    const diffIDs = record.layers.map(({ diffID }) => diffID)
    if (!same(config.rootfs.diff_ids, diffIDs)) yield 'the layers of its config are not those of its record'
  }
  if (record.manifest) {
    const manifest = await attempt(() => readManifest(record, content))
    if (typeof manifest === 'string') yield `its manifest can't be read: ${manifest}`
    else yield* comparedWith(manifest, record)
  }
  for (const { diffID } of record.layers) if (!(await layers.has(diffID))) yield `its layer ${diffID} is missing`
}

function* comparedWith(manifest: Manifest, record: ImageRecord): Generator<string> {
  if (manifest.config.digest !== record.config.digest) yield 'the config of its manifest is not its own'
  if (manifest.layers.length !== record.layers.length) yield 'its manifest has another number of layers'
  for (const [position, { source }] of record.layers.entries()) {
    if (source && manifest.layers[position]?.digest !== source.digest) {
      yield `layer ${position} of its manifest is not ${source.digest}`
    }
  }
}

async function readConfig(record: ImageRecord, content: ContentStore): Promise<ImageConfig> {
  return parseImageConfig(await readBlob(content, record.config.digest, CONFIG_LIMIT))
}

async function readManifest(record: ImageRecord, content: ContentStore): Promise<Manifest> {
  const { digest, mediaType } = record.manifest!
  const parsed = parseManifest(await readBlob(content, digest, MANIFEST_LIMIT), mediaType)
  if (parsed.kind !== 'manifest') throw new Error('it is an index')
  return parsed.manifest
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, position) => each === b[position])
}

/** The result, or the text of what went wrong. */
async function attempt<T extends object>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read()
  } catch (error) {
    return messageOf(error)
  }
}
