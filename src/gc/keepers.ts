import type { DiffID, Digest } from '../oci/index.ts'
import type { Contents, GarbageOptions } from './gc.ts'
import { mark } from './mark.ts'

/** Answers whether anything keeps a thing: from what was marked before, and when that says no, from a fresh mark. */
export class Keepers {
  readonly #options: Omit<GarbageOptions, 'log'>
  #marked: Contents | undefined

  constructor(options: Omit<GarbageOptions, 'log'>) {
    this.#options = options
  }

  keepContent(digest: Digest): Promise<boolean> {
    return this.#keep(digest, marked => marked.content.has(digest))
  }

  keepLayer(layer: DiffID): Promise<boolean> {
    return this.#keep(layer, marked => marked.layers.has(layer))
  }

  async #keep(thing: Digest | DiffID, isMarked: (marked: Contents) => boolean): Promise<boolean> {
    if (this.#marked && isMarked(this.#marked)) return true
    // In this order: what is recorded and then let go by its lease in between is found by the mark.
    using collection = this.#options.leases.collect()
    this.#marked = await mark(this.#options)
    return isMarked(this.#marked) || collection.isLeased(thing)
  }
}
