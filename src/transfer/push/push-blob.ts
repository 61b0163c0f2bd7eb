import { type Descriptor, isForeignLayer } from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import type { Credentials } from '../../remotes/index.ts'
import type { JobContext } from '../shared-jobs.ts'
import type { PushRoad } from './push-layer.ts'
import { uploadBlob } from './upload-blob.ts'
import { keptBlob } from './upload-source.ts'

/** A blob that goes out as it is. */
export interface OutgoingBlob {
  readonly descriptor: Descriptor
  /** Where it goes: domain and path. */
  readonly repository: Reference
  readonly credentials: Credentials | undefined
  /** Repositories of the registry that have it, and may lend it. */
  readonly lenders: readonly Reference[]
}

/** Brings a blob of the content store to a repository, unless it is there or one of the lenders has it. */
export async function pushBlob(road: PushRoad, wanted: OutgoingBlob, job: JobContext): Promise<Descriptor> {
  const { descriptor, repository, credentials, lenders } = wanted
  const { progress, signal } = job
  const done = (status: Parameters<typeof progress.status>[0]) => {
    progress.status(status)
    return descriptor
  }
  if (isForeignLayer(descriptor.mediaType)) return done('Skipped foreign layer')
  if (!road.slots.available) progress.status('Waiting')
  using _slot = await road.slots.acquire(signal)
  const pusher = road.resolver.pusher(repository, { signal, ...(credentials && { credentials }) })
  if (await pusher.has(descriptor.digest)) return done('Layer already exists')
  for (const lender of lenders) {
    if (await pusher.mount(descriptor.digest, lender)) return done(`Mounted from ${lender.path}`)
  }
  const { content, attempts, second } = road
  const told = (current: number, total: number) => progress.bytes('Pushing', current, total)
  const source = keptBlob(descriptor, { content, signal, progress: told })
  const retrying = (seconds: number) => progress.retrying(seconds)
  await uploadBlob(pusher, source, { attempts, second, retrying, signal })
  return done('Pushed')
}
