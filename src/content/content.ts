/**
 * Content-addressed blobs. A *blob* is committed bytes under their digest: immutable, verified. An *ingest* is bytes
 * on their way in, keyed by a *ref* that the writer chooses (`layer-sha256:…`), and resumable: a writer that is
 * disposed before its commit leaves what it wrote, and the next writer of the same ref goes on from there.
 *
 * Life cycle: `writer(ref)` -> `write`… -> `commit` (digest and size compared, fsynced, renamed) -> `open` -> `delete`.
 */
import type { Descriptor, Digest } from '../oci/index.ts'
import type { Blob, Bytes } from '../std/index.ts'

export interface ContentStore {
  /** Throws `not_found`. `range` in bytes; without `length` to the end. */
  open(digest: Digest, range?: { readonly offset: number; readonly length?: number }): Promise<Blob>
  /** Only one writer a ref at a time: a second one gets `unavailable`. Throws `already_exists` when `expect` is committed. */
  writer(ref: string, options?: { readonly expect?: Pick<Descriptor, 'digest' | 'size'> }): Promise<Writer>
  info(digest: Digest): Promise<BlobInfo>
  has(digest: Digest): Promise<boolean>
  walk(): AsyncIterable<BlobInfo>
  delete(digest: Digest): Promise<void>
  ingests(): AsyncIterable<IngestInfo>
  /** Drops an uncommitted ingest and its bytes; no error when there is none. */
  abort(ref: string): Promise<void>
}

export interface BlobInfo {
  readonly digest: Digest
  readonly size: number
  readonly createdAt: Date
}

export interface IngestInfo {
  readonly ref: string
  readonly offset: number
  readonly startedAt: Date
  readonly updatedAt: Date
}

export interface Writer extends AsyncDisposable {
  /** Bytes that are already there; the next write lands here. */
  readonly offset: number
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
