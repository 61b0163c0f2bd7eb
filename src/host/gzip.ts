/**
 * gzip (RFC 1952) by ISA-L where the native part has it and by zlib elsewhere: reading as a stream, writing in pieces.
 * Reading is made for worker threads: the work is done on the calling thread, and output comes in buffers of its own, 1 MiB
 * each but the last, that may be transferred. Writing is done on the thread pool, in the background.
 */
import type { Bytes } from '../std/index.ts'
import { addon } from './addon.ts'
import { deflatePieceIsal, inflateIsal } from './gzip-isal.ts'
import type { DeflatedPiece, GzipLevel } from './gzip-piece.ts'
import { deflatePieceZlib, inflateZlib } from './gzip-zlib.ts'

/** Which library does the work. */
export function gzipImplementation(): 'isa-l' | 'zlib' {
  try {
    return addon().isal ? 'isa-l' : 'zlib'
  } catch {
    return 'zlib'
  }
}

/**
 * Decompresses all members of `input`, whose chunks are given away; header and trailer checks are verified. Corrupt or
 * truncated input throws `invalid_argument` with Go's text for the case; what follows the last member is `trailing`. zlib
 * passes over zeros there, and tells what else follows as corrupt.
 */
export function gunzip(input: Bytes): AsyncGenerator<Uint8Array> {
  return gzipImplementation() === 'isa-l' ? inflateIsal(input) : inflateZlib(input)
}

/**
 * Compresses all of `input`, which must be left alone until then. The result depends on the content, the level and the
 * library alone.
 */
export function deflatePiece(input: Uint8Array, level: GzipLevel): Promise<DeflatedPiece> {
  return gzipImplementation() === 'isa-l' ? deflatePieceIsal(input, level) : deflatePieceZlib(input, level)
}
