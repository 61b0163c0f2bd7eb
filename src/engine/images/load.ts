import { openPassingLease } from '../../images/index.ts'
import type { Platform } from '../../oci/index.ts'
import type { Bytes } from '../../std/index.ts'
import { loadImages, type ProgressEvent } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'

export interface LoadRequest {
  readonly archive: Bytes
  readonly platform?: Platform
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Loads the images of an archive and tells of them. What came in and is of no image goes in the background. */
export async function loadArchive(context: EngineContext, request: LoadRequest): Promise<void> {
  const { archive, ...options } = request
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  const { maxLayerSize } = context.config
  const lease = openPassingLease(context.leases, 'load')
  try {
    const load = () => loadImages(archive, { ...context, ...options, lease, maxLayerSize, signal })
    const records = await context.collector.makingRoom(load, { repeatable: false })
    for (const { id, labels } of records) publish(context, 'image', 'load', id, { ...labels, name: id })
  } finally {
    lease[Symbol.dispose]()
    context.collector.soon()
  }
}
