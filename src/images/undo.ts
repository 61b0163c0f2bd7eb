import type { MetadataStore } from '../metadata/index.ts'
import type { Digest } from '../oci/index.ts'
import type { ImageRecord, NameRecord } from './images.ts'

/** What a name pointed to before it was taken away (`removed`) or led to another image (`moved`). */
export interface RemovedName {
  readonly name: string
  readonly points: NameRecord
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly why: 'removed' | 'moved'
}

/** Whether a name points to all that it pointed to before. */
export function leadsTo(now: NameRecord | undefined, before: NameRecord): boolean {
  if (now?.image !== before.image) return false
  const held = new Set(now.held?.manifests.map(({ digest }) => digest))
  return (before.held?.manifests ?? []).every(({ digest }) => held.has(digest))
}

/** An image that was removed, and can be put back while its content is kept. */
export interface RemovedImage {
  readonly record: ImageRecord
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What was taken away lately, so that it can be put back. Written in the transactions that take it away. */
export class UndoLog {
  readonly #images
  readonly #names
  readonly #enabled: boolean
  #last = 0

  constructor(metadata: MetadataStore, enabled: boolean) {
    this.#images = metadata.table<RemovedImage>('removed-images')
    /** `<name> <at>`. */
    this.#names = metadata.table<RemovedName>('removed-names')
    this.#enabled = enabled
  }

  keepName(name: string, points: NameRecord, why: RemovedName['why']): void {
    if (!this.#enabled) return
    // The order of what happens within a millisecond counts too.
    const at = Math.max(Date.now(), this.#last + 1)
    this.#last = at
    this.#names.put(`${name} ${at}`, { name, points, at, why })
  }

  keepImage(record: ImageRecord): void {
    if (this.#enabled) this.#images.put(record.id, { record, at: Date.now() })
  }

  image(id: Digest): RemovedImage | undefined {
    return this.#images.get(id)
  }

  *images(): Generator<RemovedImage> {
    for (const [, image] of this.#images.entries()) yield image
  }

  /** Latest first. */
  names(): RemovedName[] {
    return Array.from(this.#names.entries(), ([, name]) => name).sort((a, b) => b.at - a.at)
  }

  forgetImage(id: Digest): void {
    this.#images.delete(id)
  }

  forgetName({ name, at }: RemovedName): void {
    this.#names.delete(`${name} ${at}`)
  }
}
