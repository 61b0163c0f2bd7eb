import { type ContentStore, passingRef } from '../../content/index.ts'
import type { PassingLease } from '../../images/index.ts'
import type { Digest } from '../../oci/index.ts'
import { StrataError } from '../../std/index.ts'

/** Blobs of up to so many bytes wait in memory: as files they would cost more than all else that is done with them. */
const SMALL = 256 * 1024
/** The most bytes of all that wait in memory. */
const MEMORY = 16 << 20

/** Takes the bytes of a blob that is put aside. */
export interface SpoolWriter extends AsyncDisposable {
  /** Throws `unavailable` when the disk is full. */
  write(chunk: Uint8Array): Promise<void>
}

interface Aside {
  readonly ref: string
  /** What waits in memory; the ingest of `ref` has the rest, or nothing yet. */
  readonly chunks: Uint8Array[]
}

/**
 * Blobs of an archive, put aside as they pass: only its documents say which of them are to be kept as they are, and
 * `index.json` comes last in what docker, containerd, podman, buildah and skopeo write, who sort by name. A layer that is not
 * compressed can be had from the layer store; the compressed form of one can't be made again. What was not kept is gone when
 * it is disposed of.
 */
export class Spool implements AsyncDisposable {
  readonly #content: ContentStore
  readonly #lease: PassingLease
  readonly #aside = new Map<Digest, Aside>()
  /** Bytes that wait in memory. */
  #held = 0

  constructor({ content, lease }: { readonly content: ContentStore; readonly lease: PassingLease }) {
    this.#content = content
    this.#lease = lease
  }

  /**
   * A writer for what shall be this blob, of `size` bytes; undefined when it is there, or was in the archive before. To be
   * disposed of.
   */
  async begin(digest: Digest, size: number): Promise<SpoolWriter | undefined> {
    if (this.#aside.has(digest)) return undefined
    const aside: Aside = { ref: passingRef(digest), chunks: [] }
    this.#aside.set(digest, aside)
    await this.#lease.addContent(digest)
    if (await this.#content.has(digest)) {
      this.#aside.delete(digest)
      return undefined
    }
    if (size > SMALL || this.#held + size > MEMORY) return await this.#content.writer(aside.ref, { hash: false })
    this.#held += size
    return {
      // A copy: the chunk goes on to another thread.
      write: async chunk => void aside.chunks.push(Uint8Array.from(chunk)),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  /**
   * Verifies a blob that was put aside, and makes it one of the store. Throws `failed_precondition` when it is another, or was
   * not in the archive under its name.
   */
  async keep(digest: Digest, size: number): Promise<void> {
    const aside = this.#aside.get(digest)
    if (!aside) throw new StrataError('failed_precondition', `nothing was put aside as ${digest}`)
    const { ref, chunks } = aside
    await using writer = await this.#content.writer(ref)
    for (const chunk of chunks) await writer.write(chunk)
    await writer.commit({ digest, size })
    this.#aside.delete(digest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ref } of this.#aside.values()) await this.#content.abort(ref)
  }
}
