/**
 * Content-addressed blobs. A *blob* is committed bytes under their digest: immutable, verified. An *ingest* is bytes
 * on their way in, keyed by a *ref* that the writer chooses (`layer-sha256:…`), and resumable: a writer that is
 * disposed before its commit leaves what it wrote, and the next writer of the same ref goes on from there.
 *
 * Life cycle: `writer(ref)` -> `write`… -> `commit` (digest and size compared, fsynced, renamed) -> `open` -> `delete`.
 *
 * Durability: a blob is on the platter when `commit` returns. An ingest that was never committed survives the process,
 * and most of it a power cut too; since what did is not known, only the digest at `commit` says whether to trust it.
 */
import type { Descriptor, Digest } from '../oci/index.ts'
import type { Blob, Bytes } from '../std/index.ts'

export interface ContentStore {
  /**
   * Throws `not_found`. `range` in bytes; without `length`, or with too large a one, to the end; an offset behind the end
   * throws `invalid_argument`. A blob that is open can be read to its end though it is deleted meanwhile.
   */
  open(digest: Digest, range?: { readonly offset: number; readonly length?: number }): Promise<Blob>
  /** Only one writer a ref at a time: a second one gets `unavailable`. Throws `already_exists` when `expect` is committed. */
  writer(ref: string, options?: WriterOptions): Promise<Writer>
  /** Throws `not_found`. */
  info(digest: Digest): Promise<BlobInfo>
  has(digest: Digest): Promise<boolean>
  /** In no order; blobs that come or go meanwhile may be met or not. */
  walk(): AsyncIterable<BlobInfo>
  /** Throws `not_found`. */
  delete(digest: Digest): Promise<void>
  /** Reads a blob again and compares it with its digest; throws `internal` with what is wrong, `not_found`. */
  verify(digest: Digest): Promise<void>
  ingests(): AsyncIterable<IngestInfo>
  /**
   * Drops an uncommitted ingest and its bytes; no error when there is none. A writer that still has it open fails with
   * `canceled` from then on; with `onlyIdle`, nothing happens to it and this throws `unavailable`.
   */
  abort(ref: string, options?: { readonly onlyIdle?: boolean }): Promise<void>
}

export interface WriterOptions {
  /** What the blob will be: more bytes than that are refused at once, and `commit` compares with it. */
  readonly expect?: Pick<Descriptor, 'digest' | 'size'>
  /**
   * False when the digest isn't needed as the bytes come, since they are verified elsewhere (on a worker) or will be
   * aborted, not committed. A `commit` then reads all of them again. Default true.
   */
  readonly hash?: boolean
}

export interface BlobInfo {
  readonly digest: Digest
  readonly size: number
  /** When it was committed. */
  readonly createdAt: Date
}

export interface IngestInfo {
  readonly ref: string
  readonly offset: number
  readonly startedAt: Date
  readonly updatedAt: Date
  /** Whether a writer has it open now. */
  readonly active: boolean
}

/** An open ingest. One call at a time, but `read`, which takes what is there when it starts. Disposed uncommitted it stays resumable. */
export interface Writer extends AsyncDisposable {
  /** Bytes that are already there; the next write lands here. */
  readonly offset: number
  /** Throws `unavailable` when the disk is full: what is there stays, and the ingest can go on later. */
  write(chunk: Uint8Array): Promise<void>
  /** The bytes written so far (a resumed writer's include those of earlier ones), from `offset`. */
  read(offset?: number): Bytes
  /** Drops everything from `size` bytes on. */
  truncate(size: number): Promise<void>
  /** Verifies, makes durable and publishes. Throws `failed_precondition` on a digest or size that differs; the ingest is dropped then. */
  commit(
    expect?: Partial<Pick<Descriptor, 'digest' | 'size'>>,
  ): Promise<{ readonly digest: Digest; readonly size: number }>
}
