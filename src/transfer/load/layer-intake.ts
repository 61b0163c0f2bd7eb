import { type Compression, decompress } from '../../archive/index.ts'
import type { PassingLease } from '../../images/index.ts'
import type { LayerDriver, LayerInfo } from '../../layers/index.ts'
import { asDiffID, type Descriptor, type Digest, digestOfHex } from '../../oci/index.ts'
import { type Bytes, isDiskFull, isStrataError, Slots, StrataError } from '../../std/index.ts'
import { LayerProgress } from '../layer-progress.ts'
import type { ProgressEvent } from '../transfer.ts'
import type { ArrivedLayer } from './files.ts'
import { LayerFeed } from './layer-feed.ts'
import type { Spool, SpoolWriter } from './spool.ts'

/** Layers that may be on their way at once: while the index of one is made, the next ones flow. */
const LANES = 3

export interface LayerIntakeOptions {
  readonly layers: LayerDriver
  readonly lease: PassingLease
  /** Takes the blobs of which more than the layer may be needed; absent when none are. */
  readonly spool?: Spool
  readonly maxLayerSize: number
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** A file of an archive that looks like a layer. */
export interface LayerFile {
  readonly path: string
  readonly size: number
  readonly compression: Compression
}

/** Takes the layers of one archive in, several at once. */
export class LayerIntake implements AsyncDisposable {
  readonly #options: LayerIntakeOptions
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #running = new Set<Promise<unknown>>()
  readonly #lanes = new Slots(LANES)
  #feed: LayerFeed | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: LayerIntakeOptions) {
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal])
  }

  /** The file comes now: its bytes are to be pushed into `feed`. */
  begin(file: LayerFile): { readonly feed: LayerFeed; readonly layer: ArrivedLayer } {
    const feed = new LayerFeed()
    this.#feed = feed
    const digest = file.compression === 'none' ? undefined : digestIn(file.path)
    const info = this.#take(file, feed, digest)
    this.#run(info, feed)
    return { feed, layer: { info, ...(digest && { digest }) } }
  }

  /** A file that is no layer, and too large to be held, comes now; undefined when nobody can need it. */
  beginOther({ path, size }: Omit<LayerFile, 'compression'>): LayerFeed | undefined {
    const digest = digestIn(path)
    if (!digest || !this.#options.spool) return undefined
    const feed = new LayerFeed()
    this.#feed = feed
    this.#run(this.#putAside(feed, { digest, size }), feed)
    return feed
  }

  #run(job: Promise<unknown>, feed: LayerFeed): void {
    const work = job
      .catch((error: unknown) => {
        // That one file is no layer matters only to who needs it; a full disk to all.
        if (!isStrataError(error) || isDiskFull(error) || error.code === 'canceled') this.#failure ??= { error }
      })
      .finally(() => {
        feed.discard()
        this.#running.delete(work)
      })
    this.#running.add(work)
  }

  /** Resolves when more can be pushed. Throws what keeps anything more from being taken in. */
  async room(): Promise<void> {
    if (this.#feed?.full) await this.#feed.room()
    while (this.#running.size > LANES) await Promise.race(this.#running)
    if (this.#failure) throw this.#failure.error
  }

  /** Resolves when nothing is on its way any more. Throws as {@link room}. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
    if (this.#failure) throw this.#failure.error
  }

  async #take(file: LayerFile, feed: LayerFeed, digest: Digest | undefined): Promise<LayerInfo> {
    // One chunk of the archive may hold many layers.
    using _lane = await this.#lanes.acquire(this.#signal)
    await using writer = digest && (await this.#options.spool?.begin(digest, file.size))
    try {
      return await this.#ingest(file, spooled(feed, writer), digest)
    } catch (error) {
      // What is no layer may be a blob of which nobody asks more.
      if (isStrataError(error, 'invalid_argument')) for await (const _ of spooled(feed, writer));
      throw error
    }
  }

  async #putAside(feed: LayerFeed, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<void> {
    await using writer = await this.#options.spool?.begin(digest, size)
    for await (const _ of spooled(feed, writer));
  }

  async #ingest(file: LayerFile, source: Bytes, digest: Digest | undefined): Promise<LayerInfo> {
    const { layers, lease, maxLayerSize, progress } = this.#options
    const { compression, size } = file
    const hint = compression === 'none' ? digestIn(file.path) : undefined
    if (hint) {
      // The name says which layer it is: when that is here, nothing of the file is needed.
      const diffID = asDiffID(hint)
      await lease.addLayers(diffID)
      if (await layers.has(diffID)) return layers.info(diffID)
    }
    const bar = hint ? new LayerProgress(hint) : undefined
    bar?.add(progress)
    const signal = this.#signal
    const program = compression === 'xz' || compression === 'bzip2'
    const bytes = program ? decompress(source, { signal }) : source
    const info = await layers.ingest(bytes, {
      limit: maxLayerSize,
      signal,
      keep: diffID => lease.addLayers(diffID),
      ...(!program && { size }),
      ...(!program && compression !== 'none' && { compressed: digest ? { digest, size } : {} }),
      ...(bar && { progress: taken => bar.bytes('Loading layer', taken, size) }),
    })
    if (!bar) {
      const late = new LayerProgress(info.diffID)
      late.add(progress)
      late.bytes('Loading layer', size, size)
    }
    return info
  }

  /** Gives up what is still on its way, and waits until it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    const error = new StrataError('canceled', 'the load has ended')
    this.#stop.abort(error)
    this.#feed?.fail(error)
    await Promise.all(this.#running)
  }
}

/** The bytes of a feed as they come, written first to where they are put aside. */
async function* spooled(feed: LayerFeed, writer: SpoolWriter | undefined): AsyncGenerator<Uint8Array> {
  for await (const block of feed.bytes()) {
    await writer?.write(block)
    yield block
  }
}

/** The digest that the name of a blob says: that of OCI layouts, and that of the archives of podman and skopeo. */
function digestIn(path: string): Digest | undefined {
  const hex = /^blobs\/sha256\/([a-f0-9]{64})$/.exec(path)?.[1] ?? /^([a-f0-9]{64})\.tar$/.exec(path)?.[1]
  return hex === undefined ? undefined : digestOfHex(hex)
}
