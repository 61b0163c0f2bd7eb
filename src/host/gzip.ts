/**
 * gzip (RFC 1952), streaming, by ISA-L where the native part has it and by zlib elsewhere. Made for worker threads: the
 * ISA-L calls run on the calling thread. Output comes in buffers of their own, 1 MiB each but the last, that may be
 * transferred.
 */
import type { Bytes } from '../std/index.ts'
import { addon } from './addon.ts'
import { deflateIsal, inflateIsal } from './gzip-isal.ts'
import type { GzipLevel } from './gzip-level.ts'
import { deflateZlib, inflateZlib } from './gzip-zlib.ts'

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
 * Compresses to one member without name and time. Level 0 is the fastest, 3 the smallest, 1 the default. The result
 * depends on the content, the level and the library alone, not on how the content is cut into chunks.
 */
export function gzip(input: Bytes, options: { readonly level?: GzipLevel } = {}): AsyncGenerator<Uint8Array> {
  const { level = 1 } = options
  return gzipImplementation() === 'isa-l' ? deflateIsal(input, level) : deflateZlib(input, level)
}
