import { type Bytes, beside, runStage, type StageRun } from '../std/index.ts'
import type { Compression } from './archive.ts'
import type { DecompressArgs } from './decompress-stage.ts'
import type { ExpectedBlob } from './decompress-verified.ts'

export interface DecompressOptions {
  /** What the compressed bytes must be: fails with `failed_precondition` when they are not, at once when they are more. */
  readonly expect: ExpectedBlob
  /** Detected by magic number when not given. */
  readonly compression?: Compression
  /** The most bytes that may come out; one more fails with `invalid_argument` (decompression bombs). */
  readonly limit?: number
  readonly signal: AbortSignal
}

/**
 * Decompresses a layer on a worker thread, and verifies the compressed bytes on the way. The output is chunks of about
 * 1 MiB, each in a buffer of its own; it must not be trusted before `result` is there, which is digest and size of the
 * compressed bytes.
 */
export function decompressOffThread(bytes: Bytes, options: DecompressOptions): StageRun<ExpectedBlob> {
  const { expect, compression, limit = Number.POSITIVE_INFINITY, signal } = options
  const args: DecompressArgs = { expect: { digest: expect.digest, size: expect.size }, compression, limit }
  return runStage(beside(import.meta.url, 'decompress-stage'), args, { input: bytes, signal })
}
