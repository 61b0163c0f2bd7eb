import { readBlob } from '../../content/index.ts'
import {
  type ImageStore,
  type LayerSources,
  type PassingLease,
  type TargetBlob,
  walkTarget,
} from '../../images/index.ts'
import { type Descriptor, type DiffID, type Digest, MANIFEST_LIMIT } from '../../oci/index.ts'
import { parseReference, type Reference } from '../../reference/index.ts'
import type { Pusher } from '../../remotes/index.ts'
import { layerEvent } from '../layer-progress.ts'
import type { SharedJobs } from '../shared-jobs.ts'
import { together } from '../together.ts'
import type { PushOptions } from '../transfer.ts'
import { pushBlob } from './push-blob.ts'
import type { PushRoad } from './push-layer.ts'

export interface PushIndexOptions extends Pick<PushOptions, 'progress' | 'signal' | 'credentials'> {
  readonly road: PushRoad & { readonly images: ImageStore }
  readonly jobs: SharedJobs<Descriptor>
  readonly lease: PassingLease
  readonly pusher: Pusher
}

/** Repositories of the registry that are asked to lend a blob. */
const MOUNTS = 3

/**
 * Pushes an index of which nothing is missing as it is: blobs first, several at once, then its manifests and the
 * indexes within it by their digests. Setting the tag is left to the caller. Returns the bytes of the index.
 */
export async function pushIndex(
  { domain, path }: Reference,
  target: Descriptor,
  options: PushIndexOptions,
): Promise<Uint8Array> {
  const { road, jobs, lease, pusher, progress, signal, credentials } = options
  const { content } = road
  const blobs: TargetBlob[] = []
  for await (const blob of walkTarget(content, target)) {
    await lease.addContent(blob.descriptor.digest)
    blobs.push(blob)
  }
  const parts = blobs.filter(({ kind }) => kind === 'layer' || kind === 'config')
  for (const { kind, descriptor } of parts) if (kind === 'layer') progress(layerEvent(descriptor.digest, 'Preparing'))
  const lenders = lendersOf(road, { domain, path })
  const works = parts.map(({ kind, descriptor }) => (stop: AbortSignal) => {
    const { digest } = descriptor
    const wanted = { descriptor, repository: { domain, path }, credentials, lenders: lenders(digest) }
    const key = JSON.stringify([domain, path, 'as it is', digest, credentials])
    // As in Docker, nothing is told of configs.
    const tell = kind === 'layer' ? progress : () => {}
    return jobs.join(key, { subject: digest, work: job => pushBlob(road, wanted, job), progress: tell, signal: stop })
  })
  await together(works, signal)
  for (const { kind, descriptor } of blobs) {
    if (kind === 'config' || kind === 'layer' || descriptor.digest === target.digest) continue
    await pusher.manifest(descriptor.digest, descriptor, await readBlob(content, descriptor.digest, MANIFEST_LIMIT))
  }
  return await readBlob(content, target.digest, MANIFEST_LIMIT)
}

/** For a compressed layer: repositories of the registry that are known to have it. */
function lendersOf(
  { images, layerSources }: { readonly images: ImageStore; readonly layerSources: LayerSources },
  to: Reference,
): (digest: Digest) => Reference[] {
  const layers = new Map<Digest, DiffID>()
  for (const { record } of images.list()) {
    for (const { diffID, source } of record.layers) if (source) layers.set(source.digest, diffID)
  }
  return digest => {
    const diffID = layers.get(digest)
    const forms = diffID === undefined ? [] : layerSources.list(diffID)
    return forms
      .filter(({ descriptor }) => descriptor.digest === digest)
      .flatMap(({ repositories }) => repositories.map(name => parseReference(name)))
      .filter(({ domain, path }) => domain === to.domain && path !== to.path)
      .slice(0, MOUNTS)
  }
}
