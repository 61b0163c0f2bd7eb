import { type ContentStore, passingRef, type Writer } from '../../content/index.ts'
import type { PassingLease } from '../../images/index.ts'
import type { Digest } from '../../oci/index.ts'

/**
 * Blobs of an archive, put aside as they pass: only its documents, which may come last, say which of them are to be kept as
 * they are. What was not kept is gone when it is disposed of.
 */
export class Spool implements AsyncDisposable {
  readonly #content: ContentStore
  readonly #lease: PassingLease
  readonly #refs = new Map<Digest, string>()

  constructor({ content, lease }: { readonly content: ContentStore; readonly lease: PassingLease }) {
    this.#content = content
    this.#lease = lease
  }

  /** A writer for what shall be this blob; undefined when it is there, or was in the archive before. To be disposed of. */
  async begin(digest: Digest): Promise<Writer | undefined> {
    if (this.#refs.has(digest)) return undefined
    const ref = passingRef(digest)
    this.#refs.set(digest, ref)
    await this.#lease.addContent(digest)
    if (await this.#content.has(digest)) {
      this.#refs.delete(digest)
      return undefined
    }
    return await this.#content.writer(ref, { hash: false })
  }

  has(digest: Digest): boolean {
    return this.#refs.has(digest)
  }

  /** Verifies a blob that was put aside, and makes it one of the store. Throws `failed_precondition` when it is another. */
  async keep(digest: Digest, size: number): Promise<void> {
    await using writer = await this.#content.writer(this.#refs.get(digest)!)
    await writer.commit({ digest, size })
    this.#refs.delete(digest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ref of this.#refs.values()) await this.#content.abort(ref)
  }
}
