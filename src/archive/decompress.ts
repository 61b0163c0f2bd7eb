import { type Bytes, beside, runStage } from '../std/index.ts'
import { decompressHere, detectCompression, peek } from './compression.ts'

/**
 * `bytes` uncompressed, for callers on the event loop: gzip and zstd on a worker thread, xz and bzip2 by the programs of
 * that name. How they are compressed is detected by magic number; what has none is passed on as it is. Output that was
 * compressed comes in chunks with buffers of their own. An abort of `signal`, or leaving early, ends worker and program.
 * @throws {StrataError} `invalid_argument` for corrupt data, `failed_precondition` when a program is missing.
 */
export async function* decompress(bytes: Bytes, options: { readonly signal: AbortSignal }): AsyncGenerator<Uint8Array> {
  const { first, rest } = await peek(bytes)
  const compression = detectCompression(first)
  switch (compression) {
    case 'none':
      yield* rest
      break
    case 'gzip':
    case 'zstd':
      yield* runStage(beside(import.meta.url, 'decompress-stage'), {}, { input: rest, ...options }).output
      break
    default:
      yield* decompressHere(rest, { compression, ...options })
  }
}
