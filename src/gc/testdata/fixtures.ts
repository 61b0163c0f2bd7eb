import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openContentStore, putBlob } from '../../content/index.ts'
import { createImageStore, createLayerSources, createLeaseStore, type ImageRecord } from '../../images/index.ts'
import { openMetadata } from '../../metadata/index.ts'
import { type Descriptor, type DiffID, type Digest, mediaTypes } from '../../oci/index.ts'
import { parseReference } from '../../reference/index.ts'
import { silentLogger } from '../../std/index.ts'
import { FakeLayers } from './fake-layers.ts'

/** Real records and blobs on a real disk, and layers that are not. */
export async function newStores(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-gc-'))
  const metadata = openMetadata(join(root, 'metadata.db'))
  t.after(() => {
    metadata[Symbol.dispose]()
    return rm(root, { recursive: true, force: true })
  })
  const content = await openContentStore(join(root, 'content'))
  const images = createImageStore({ metadata, content })
  const fake = new FakeLayers()
  const leases = createLeaseStore(metadata)
  const layerSources = createLayerSources(metadata)
  return { root, metadata, content, images, leases, layerSources, fake, layers: fake.driver, log: silentLogger }
}

export type Fixture = Awaited<ReturnType<typeof newStores>>

async function json(stores: Fixture, mediaType: string, value: unknown): Promise<Descriptor> {
  return { mediaType, ...(await putBlob(stores.content, Buffer.from(JSON.stringify(value)))) }
}

/** A whole image as a pull leaves it: layers, config, manifest, index, a tag and a digest. */
export async function addImage(stores: Fixture, name: string, diffIDs: readonly DiffID[]): Promise<ImageRecord> {
  const config = await json(stores, mediaTypes.ociConfig, {
    author: name,
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: diffIDs },
  })
  const sources = await Promise.all(
    diffIDs.map(async diffID => ({
      mediaType: mediaTypes.ociLayerGzip,
      ...(await putBlob(stores.content, Buffer.from(`compressed ${diffID}`))),
    })),
  )
  const manifest = await json(stores, mediaTypes.ociManifest, { schemaVersion: 2, config, layers: sources })
  const index = await json(stores, mediaTypes.ociIndex, { schemaVersion: 2, manifests: [manifest] })
  const record: ImageRecord = {
    id: config.digest,
    config,
    manifest,
    layers: diffIDs.map((diffID, position) => ({ diffID, size: 1, source: sources[position]! })),
    platform: { os: 'linux', architecture: 'amd64' },
    created: '',
    size: diffIDs.length,
    labels: {},
  }
  stores.images.put(record, [
    { reference: parseReference(name), target: index },
    { reference: parseReference(`${name}@${index.digest}`), target: index },
  ])
  return record
}

export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The blobs of one image and its names. */
export function contentsOf({ images }: Fixture, id: Digest): Set<Digest> {
  const { record, tags, digests } = images.summary(id)
  const targets = [...tags, ...digests].map(name => images.name(parseReference(name))?.target)
  const sources = record.layers.map(({ source }) => source)
  return new Set([record.config, record.manifest, ...sources, ...targets].flatMap(each => each?.digest ?? []))
}
