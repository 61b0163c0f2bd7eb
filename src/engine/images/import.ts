import { changeConfig } from '../../build/index.ts'
import { openPassingLease } from '../../images/index.ts'
import { hostPlatform, parsePlatform } from '../../oci/index.ts'
import { type Bytes, isStrataError, messageOf, StrataError, tap } from '../../std/index.ts'
import type { ProgressEvent } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { now } from '../create.ts'
import { recordImage } from './new-image.ts'
import { sourceURL } from './source-url.ts'
import { publishTag } from './tag.ts'
import { newReference, type TargetName } from './target-reference.ts'

export interface ImportRequest {
  /** The file system: a tar, compressed or not; or where one can be had by HTTP. */
  readonly source: { readonly archive: Bytes } | { readonly url: string }
  readonly target: TargetName
  readonly message: string
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[]
  /** As typed; the host's when absent. */
  readonly platform?: string
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Makes an image of one layer out of a file system. */
export async function importImage(context: EngineContext, request: ImportRequest): Promise<void> {
  const { message, progress } = request
  const platform = request.platform === undefined ? hostPlatform() : parsePlatform(request.platform)
  const reference = newReference(request.target)
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  const archive = await openSource(context, request, signal)
  if (platform.os !== hostPlatform().os) {
    throw new StrataError('invalid_argument', 'operating system is not supported')
  }
  const config = changeConfig({}, request.changes)
  using lease = openPassingLease(context.leases, 'import')
  const options = { compressed: {}, keep: lease.addLayers, limit: context.config.maxLayerSize, signal }
  const ingest = () => context.layers.ingest(archive, options)
  const { diffID, size } = await context.collector.makingRoom(ingest, { repeatable: false }).catch((error: unknown) => {
    throw inDockersWords(error)
  })
  const created = now()
  const { os, architecture, variant } = platform
  const record = await recordImage(context, lease, {
    platform: { os, architecture, ...(variant && { variant }) },
    created,
    comment: message,
    config,
    history: [{ created, comment: message }],
    layers: [{ diffID, size }],
    ...(reference && { reference }),
  })
  if (reference) publishTag(context, record, reference)
  const { id } = record
  publish(context, 'image', 'import', id, { ...config.Labels, name: id })
  progress({ status: id })
}

/** What is wrong with a tar, without where. */
function inDockersWords(error: unknown): unknown {
  const [text] = /^(archive\/tar: invalid tar header|unexpected EOF)/.exec(messageOf(error)) ?? []
  return text === undefined ? error : new StrataError('invalid_argument', text, { cause: error })
}

async function openSource(context: EngineContext, request: ImportRequest, signal: AbortSignal): Promise<Bytes> {
  const { source, progress } = request
  if ('archive' in source) return source.archive
  const url = sourceURL(source.url)
  const { size, bytes } = await context.resolver.download(url, { signal }).catch((error: unknown) => {
    // Of a server that can't be reached dockerd says that the request failed, not that it can be made again.
    throw isStrataError(error, 'unavailable') ? new StrataError('internal', error.message, { cause: error }) : error
  })
  progress({ status: `Downloading from ${url.href}` })
  return watched(bytes, size, progress)
}

/** Bytes between two lines of progress. */
const STEP = 512 * 1024

function watched(bytes: Bytes, size: number | undefined, progress: ImportRequest['progress']): Bytes {
  let current = 0
  let told = 0
  return tap(bytes, chunk => {
    current += chunk.byteLength
    if (current - told < STEP && current !== size) return
    told = current
    progress({ status: 'Importing', progressDetail: { current, ...(size !== undefined && { total: size }) } })
  })
}
