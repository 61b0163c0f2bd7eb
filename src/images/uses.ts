import type { MetadataStore, Table } from '../metadata/index.ts'
import type { Digest } from '../oci/index.ts'

/** Uses nearer to each other than this, in milliseconds, are one. */
const STEP = 60_000

/** When images were used last: in a table of its own, so that a start does not rewrite an image's record. */
export class Uses {
  readonly #table: Table<number>
  readonly #known = new Map<Digest, number>()

  constructor(metadata: MetadataStore) {
    this.#table = metadata.table<number>('image-uses')
  }

  use(id: Digest): void {
    const now = Date.now()
    if (now - (this.usedAt(id) ?? 0) < STEP) return
    this.#known.set(id, now)
    this.#table.put(id, now)
  }

  usedAt(id: Digest): number | undefined {
    const known = this.#known.get(id) ?? this.#table.get(id)
    if (known !== undefined) this.#known.set(id, known)
    return known
  }

  forget(id: Digest): void {
    this.#known.delete(id)
    this.#table.delete(id)
  }
}
