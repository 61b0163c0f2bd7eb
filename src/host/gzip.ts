/**
 * gzip (RFC 1952) by ISA-L where the native part has it and by zlib elsewhere: reading as a stream, writing in pieces. Made
 * for worker threads: the work is done on the calling thread. Output comes in buffers of its own, when reading 1 MiB each
 * but the last, that may be transferred.
 */
import type { Bytes } from '../std/index.ts'
import { addon } from './addon.ts'
import { deflatePieceIsal, inflateIsal } from './gzip-isal.ts'
import type { GzipLevel } from './gzip-level.ts'
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
 * Decompresses all members; header and trailer checks are verified. Zero padding after the last member is ignored.
 * Corrupt or truncated input throws `invalid_argument` with Go's text for the case.
 */
export function gunzip(input: Bytes): AsyncGenerator<Uint8Array> {
  return gzipImplementation() === 'isa-l' ? inflateIsal(input) : inflateZlib(input)
}

/**
 * Compresses all of `input` to DEFLATE blocks (RFC 1951) that end at a byte, refer to nothing before them and are not the
 * last: pieces that may be put together. Level 0 is the fastest, 3 the smallest. The result depends on the content, the
 * level and the library alone.
 */
export function deflatePiece(input: Uint8Array, level: GzipLevel): Uint8Array<ArrayBuffer> {
  return gzipImplementation() === 'isa-l' ? deflatePieceIsal(input, level) : deflatePieceZlib(input, level)
}
