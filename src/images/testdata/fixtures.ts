import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openContentStore } from '../../content/index.ts'
import { openMetadata } from '../../metadata/index.ts'
import { asDiffID, digestOf, mediaTypes } from '../../oci/index.ts'
import { createImageStore, createLeaseStore, type ImageRecord } from '../index.ts'

/** An empty image store on a real disk. */
export async function newStores(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-images-'))
  const metadata = openMetadata(join(root, 'metadata.db'))
  t.after(() => {
    metadata[Symbol.dispose]()
    return rm(root, { recursive: true, force: true })
  })
  const content = await openContentStore(join(root, 'content'))
  return { root, metadata, content, images: createImageStore({ metadata, content }), leases: createLeaseStore(metadata) }
}

/** The record of an image that is told from others by `seed`. */
export function imageRecord(seed: string, changes: Partial<ImageRecord> = {}): ImageRecord {
  const id = digestOf(seed)
  return {
    id,
    config: { mediaType: mediaTypes.ociConfig, digest: id, size: seed.length },
    layers: [{ diffID: asDiffID(digestOf(`${seed} layer`)), size: 10 }],
    platform: { os: 'linux', architecture: 'amd64' },
    created: '2024-01-01T00:00:00Z',
    size: 10,
    labels: {},
    ...changes,
  }
}
