import type { Collection } from '../images/index.ts'
import type { DiffID, Digest } from '../oci/index.ts'
import { isStrataError } from '../std/index.ts'
import type { Contents, GarbageOptions, Swept } from './gc.ts'
import { mark } from './mark.ts'

const DEFAULT_GRACE = 3_600_000
/** Removals at once: unlinking large files is the disk's work, not ours. */
const LANES = 4

/**
 * Removes what nothing keeps, and says what that was. Things that can't be removed are logged and left for the next time.
 * Several collections may run at once. See gc.ts for what is safe from it.
 */
export async function collectGarbage(options: GarbageOptions): Promise<Swept> {
  // First of all: from here on leases protect. What was recorded before its lease ended is found by the mark.
  using collection = options.leases.collect()
  options.log.debug({}, 'collecting garbage')
  const marked = await mark(options)
  const sweep = new Sweep(options, collection, marked)
  await sweep.content(options.content.walk())
  await sweep.layers(options.layers.walk())
  await sweep.ingests()
  const { swept } = sweep
  const counts = { blobs: swept.content.length, layers: swept.layers.length, ingests: swept.ingests.length }
  options.log.debug({ ...counts, bytes: swept.bytes }, 'collected garbage')
  return swept
}

class Sweep {
  readonly swept: { content: Digest[]; layers: DiffID[]; ingests: string[]; bytes: number }
  readonly #options: GarbageOptions
  readonly #collection: Collection
  readonly #marked: Contents

  constructor(options: GarbageOptions, collection: Collection, marked: Contents) {
    this.swept = { content: [], layers: [], ingests: [], bytes: 0 }
    this.#options = options
    this.#collection = collection
    this.#marked = marked
  }

  async content(candidates: AsyncIterable<{ readonly digest: Digest }>): Promise<void> {
    const { content } = this.#options
    const digestOf = ({ digest }: { readonly digest: Digest }) => digest
    await this.#eachOf(candidates, digestOf, async digest => {
      if (this.#marked.content.has(digest)) return
      await this.#collection.remove(digest, async () => {
        const { size } = await content.info(digest)
        await content.delete(digest)
        this.swept.content.push(digest)
        this.swept.bytes += size
      })
    })
  }

  async layers(candidates: AsyncIterable<{ readonly diffID: DiffID }>): Promise<void> {
    const { layers, layerSources } = this.#options
    const diffIDOf = ({ diffID }: { readonly diffID: DiffID }) => diffID
    await this.#eachOf(candidates, diffIDOf, async layer => {
      if (this.#marked.layers.has(layer)) return
      await this.#collection.remove(layer, async () => {
        const bytes = await layers.remove(layer)
        layerSources.forget(layer)
        this.swept.layers.push(layer)
        this.swept.bytes += bytes
      })
    })
  }

  /** Ingests of what is leased may go on; so may those that were written to lately, by whoever it was. */
  async ingests(): Promise<void> {
    const { content, grace = DEFAULT_GRACE, unfinished = false } = this.#options
    for await (const { ref, active, offset, updatedAt } of content.ingests()) {
      const digests = (ref.match(/sha256:[a-f0-9]{64}/g) ?? []) as Digest[]
      if (active || digests.some(digest => this.#collection.isLeased(digest))) continue
      const wait = unfinished && digests.length > 0 ? 0 : grace
      if (Date.now() - updatedAt.getTime() < wait) continue
      await this.#removing(ref, async () => {
        await content.abort(ref, { onlyIdle: true })
        this.swept.ingests.push(ref)
        this.swept.bytes += offset
      })
    }
  }

  async #eachOf<C, T extends Digest | DiffID>(
    candidates: AsyncIterable<C>,
    idOf: (candidate: C) => T,
    work: (id: T) => Promise<void>,
  ): Promise<void> {
    const iterator = candidates[Symbol.asyncIterator]()
    const lane = async () => {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        const id = idOf(next.value)
        await this.#removing(id, () => work(id))
      }
    }
    // When one fails the others still end first: what they remove is protected by the collection only while it lasts.
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
    for (const each of lanes) if (each.status === 'rejected') throw each.reason
  }

  /** One thing that can't be removed doesn't keep the others. */
  async #removing(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      // In use after all, or gone already.
      if (isStrataError(error, 'conflict') || isStrataError(error, 'not_found')) return
      if (isStrataError(error, 'unavailable')) return
      this.#options.log.warn({ err: error, id }, 'garbage could not be removed')
    }
  }
}
