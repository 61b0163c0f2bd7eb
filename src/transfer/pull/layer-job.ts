import type { ContentStore, Writer } from '../../content/index.ts'
import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { type ChainID, type Descriptor, type DiffID, type Digest, verified } from '../../oci/index.ts'
import type { Fetcher } from '../../remotes/index.ts'
import { type Bytes, isStrataError, type KeyedLock, messageOf, type Slots, StrataError } from '../../std/index.ts'
import { type Download, missingBytes, wholeBlob } from '../download.ts'
import type { LayerProgress } from '../layer-progress.ts'
import type { JobContext } from '../shared-jobs.ts'

/** What all layers of all pulls share. */
export interface LayerRoad {
  readonly content: ContentStore
  readonly layers: LayerDriver
  /** One blob is worked on once at a time. */
  readonly lock: KeyedLock
  /** Downloads at once. */
  readonly slots: Slots
  readonly attempts: number
  readonly second: number
  readonly maxLayerSize: number
  readonly keepCompressed: boolean
}

/** One blob on its way in. */
export interface WantedBlob {
  readonly descriptor: Descriptor
  readonly fetcher: (signal: AbortSignal) => Fetcher
}

/** One layer on its way in. */
export interface WantedLayer extends WantedBlob {
  readonly diffID: DiffID
  /** Keep the compressed bytes too, whatever is done with those of others. */
  readonly keepCompressed: boolean
  /** For drivers that need the layers below first: their chain, and when it is there. */
  readonly below?: { readonly chain: ChainID; readonly ready: Promise<unknown> }
}

/** What is the same for all who want the same done. */
export function layerKey({ descriptor, diffID, below, keepCompressed }: WantedLayer): string {
  return [descriptor.digest, diffID, below?.chain ?? '', keepCompressed].join(' ')
}

/** Where the compressed bytes of a layer wait until the layer is there. */
export function ingestRef(digest: Digest): string {
  return `layer-${digest}`
}

/** Brings a layer into the layer store, unless it is there; its bytes are verified as they flow. */
export async function bringLayer(road: LayerRoad, wanted: WantedLayer, job: JobContext): Promise<LayerInfo> {
  const { lock, slots, layers } = road
  const { descriptor, below } = wanted
  const { progress, signal } = job
  const inOrder = !layers.independent && below !== undefined
  let here: LayerInfo | undefined
  {
    using _lock = await lock.acquire(descriptor.digest, signal)
    if (await layers.has(wanted.diffID)) return finished(await layers.info(wanted.diffID), progress)
    if (!slots.available) progress.status('Waiting')
    using _slot = await slots.acquire(signal)
    if (inOrder) await prefetch(road, wanted, job)
    else here = await ingestLayer(road, wanted, job)
  }
  if (!here) {
    await below?.ready
    using _lock = await lock.acquire(descriptor.digest, signal)
    const present = await layers.has(wanted.diffID)
    here = present ? await layers.info(wanted.diffID) : await ingestLayer(road, wanted, job)
  }
  return finished(here, progress)
}

function keepsCompressed(road: LayerRoad, wanted: WantedLayer): boolean {
  return road.keepCompressed || wanted.keepCompressed
}

function finished(layer: LayerInfo, progress: LayerProgress): LayerInfo {
  progress.status('Pull complete')
  return layer
}

/**
 * Ingests; bytes of an earlier, interrupted pull that turn out to be damaged are fetched anew, once, and those of a mirror
 * that lied from somebody else.
 */
async function ingestLayer(road: LayerRoad, wanted: WantedLayer, job: JobContext): Promise<LayerInfo> {
  const ref = ingestRef(wanted.descriptor.digest)
  for (;;) {
    const outcome = await tryIngest(road, wanted, job)
    if ('layer' in outcome) {
      if (!keepsCompressed(road, wanted)) await road.content.abort(ref)
      return outcome.layer
    }
    const { error, resumed, empty } = outcome
    const refused = isStrataError(error, 'failed_precondition') || isStrataError(error, 'invalid_argument')
    if (refused || empty) await road.content.abort(ref)
    const lied = refused && wanted.fetcher(job.signal).refuse(wanted.descriptor)
    if (!refused || !(resumed || lied)) throw error
  }
}

type Outcome =
  | { readonly layer: LayerInfo }
  /** `resumed`: some bytes were of an earlier pull; `empty`: nothing came that is worth keeping. */
  | { readonly error: unknown; readonly resumed: boolean; readonly empty: boolean }

async function tryIngest(road: LayerRoad, wanted: WantedLayer, job: JobContext): Promise<Outcome> {
  const { content } = road
  const { descriptor } = wanted
  const { digest, size } = descriptor
  if (await content.has(digest)) {
    await using blob = await content.open(digest)
    return await attempt(road, wanted, { job, bytes: blob.bytes(), resumed: false, status: 'Extracting' })
  }
  await using writer = await content.writer(ingestRef(digest), { hash: false })
  if (writer.offset > size) await writer.truncate(0)
  const resumed = writer.offset > 0
  const status = writer.offset === size ? 'Extracting' : 'Downloading'
  const stop = new AbortController()
  const stopping = { ...job, signal: AbortSignal.any([job.signal, stop.signal]) }
  const bytes = watched(wholeBlob(downloadOf(road, wanted, { job: stopping, writer })))
  const outcome = await attempt(road, wanted, { job, bytes, resumed, status })
  stop.abort()
  await bytes.atRest()
  if ('error' in outcome) {
    const error = await sourceOf(outcome.error, downloadOf(road, wanted, { job, writer }))
    return { ...outcome, error, empty: writer.offset === 0 }
  }
  if (keepsCompressed(road, wanted)) {
    // The layer may have come meanwhile, from another blob: none of this one's bytes were asked for then.
    for await (const _ of missingBytes(downloadOf(road, wanted, { job, writer })));
    await writer.commit({ digest, size })
  }
  return outcome
}

/** The same bytes; `atRest` waits until their source does nothing any more, after the last one, a failure or a stop. */
function watched(bytes: Bytes): Bytes & { readonly atRest: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let begun = false
  async function* read() {
    begun = true
    try {
      yield* bytes
    } finally {
      resolve()
    }
  }
  const iterator = read()
  return { [Symbol.asyncIterator]: () => iterator, atRest: async () => (begun ? promise : undefined) }
}

/** What is no archive may be other bytes than were asked for: that says more, and the rest of them is fetched to know it. */
async function sourceOf(error: unknown, download: Download & { readonly writer: Writer }): Promise<unknown> {
  if (!isStrataError(error, 'invalid_argument')) return error
  const { writer, descriptor } = download
  try {
    for await (const _ of missingBytes(download));
    for await (const _ of verified(writer.read(), descriptor));
  } catch (failure) {
    if (!isStrataError(failure, 'failed_precondition')) return error
    return otherBytes(failure, descriptor.digest)
  }
  return error
}

interface Attempt {
  readonly job: JobContext
  /** The compressed bytes. */
  readonly bytes: Bytes
  readonly resumed: boolean
  readonly status: 'Downloading' | 'Extracting'
}

async function attempt(road: LayerRoad, wanted: WantedLayer, { job, ...source }: Attempt): Promise<Outcome> {
  const { layers, maxLayerSize } = road
  const { descriptor, diffID, below } = wanted
  const { progress, signal } = job
  const total = descriptor.size
  let broken: { readonly error: unknown } | undefined
  async function* counted(): AsyncGenerator<Uint8Array> {
    let passed = 0
    try {
      for await (const chunk of source.bytes) {
        // Before the chunk goes: it changes threads, and its buffer goes with it.
        passed += chunk.byteLength
        progress.bytes(source.status, passed, total)
        yield chunk
      }
    } catch (error) {
      broken = { error }
      throw error
    }
    if (source.status === 'Downloading') progress.status('Verifying Checksum')
  }
  try {
    const layer = await layers.ingest(counted(), {
      expect: diffID,
      compressed: { digest: descriptor.digest, size: total },
      limit: maxLayerSize,
      signal,
      ...(below && { parent: below.chain }),
    })
    if (source.status === 'Downloading') progress.status('Download complete')
    progress.bytes('Extracting', total, total)
    return { layer }
  } catch (error) {
    return {
      error: broken ? verificationError(broken.error) : ingestError(error),
      resumed: source.resumed,
      empty: false,
    }
  }
}

/** Brings a blob into the content store, unless it is there. */
export async function bringBlob(road: LayerRoad, wanted: WantedBlob, job: JobContext): Promise<void> {
  const { content, lock, slots } = road
  const { digest, size } = wanted.descriptor
  using _lock = await lock.acquire(digest, job.signal)
  if (await content.has(digest)) return
  using _slot = await slots.acquire(job.signal)
  await using writer = await content.writer(ingestRef(digest))
  if (writer.offset > size) await writer.truncate(0)
  for await (const _ of missingBytes(downloadOf(road, wanted, { job, writer }))) {
    job.progress.bytes('Downloading', writer.offset, size)
  }
  try {
    await writer.commit({ digest, size })
  } catch (error) {
    throw isStrataError(error, 'failed_precondition') ? otherBytes(error, digest) : error
  }
  job.progress.status('Download complete')
}

/** Fetches the compressed bytes only, to be ingested when the layers below are there. */
async function prefetch(road: LayerRoad, wanted: WantedLayer, job: JobContext): Promise<void> {
  const { content } = road
  const { digest, size } = wanted.descriptor
  if (await content.has(digest)) return
  await using writer = await content.writer(ingestRef(digest), { hash: false })
  if (writer.offset > size) await writer.truncate(0)
  for await (const chunk of missingBytes(downloadOf(road, wanted, { job, writer }))) {
    job.progress.bytes('Downloading', Math.max(chunk.byteLength, writer.offset), size)
  }
  job.progress.status('Download complete')
}

function downloadOf(
  road: LayerRoad,
  wanted: WantedBlob,
  { job, writer }: { readonly job: JobContext; readonly writer: Writer },
): Download & { readonly writer: Writer } {
  return {
    descriptor: wanted.descriptor,
    fetcher: wanted.fetcher(job.signal),
    writer,
    attempts: road.attempts,
    second: road.second,
    retrying: seconds => job.progress.retrying(seconds),
    signal: job.signal,
  }
}

/** Docker's words for bytes that are not those of the digest. */
function otherBytes(cause: StrataError, digest: string): StrataError {
  const { code, details } = cause
  return new StrataError(code, `filesystem layer verification failed for digest ${digest}`, { cause, details })
}

/** What went wrong on the way to the layer store. */
function verificationError(error: unknown): unknown {
  if (!isStrataError(error, 'failed_precondition')) return error
  const { digest } = error.details
  if (typeof digest !== 'string') return error
  return otherBytes(error, digest)
}

/** What the layer store says, in Docker's words. */
function ingestError(error: unknown): unknown {
  if (isStrataError(error, 'canceled')) return error
  if (isStrataError(error, 'failed_precondition')) {
    if (error.details.expected !== undefined) return error
    return new StrataError(error.code, "layers from manifest don't match image configuration", { cause: error })
  }
  const code = isStrataError(error) ? error.code : 'internal'
  return new StrataError(code, `failed to register layer: ${messageOf(error)}`, { cause: error })
}
