import { createZstdDecompress } from 'node:zlib'
import { filter, gunzip, trailing } from '../host/index.ts'
import { type Bytes, isStrataError, messageOf, StrataError } from '../std/index.ts'
import type { Compression } from './archive.ts'
import { ownChunks } from './own-chunks.ts'
import { transformed } from './transformed.ts'
import { MISMATCH, ZstdFrames } from './zstd-frames.ts'

const OUTPUT_BYTES = 1 << 20

/** The bytes that {@link detectCompression} looks at. */
const MAGIC_BYTES = 6

const MAGICS: readonly (readonly [name: Compression, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
]

/**
 * How a stream that begins with `first` (its first 6 bytes, or all if it is shorter) is compressed, by magic number; what
 * has none is `none`, as an empty stream is.
 */
export function detectCompression(first: Uint8Array): Compression {
  const found = MAGICS.find(([, magic]) => magic.every((byte, i) => first[i] === byte))
  if (found) return found[0]
  const skippableFrame = (first[0] ?? 0) >> 4 === 5 && first[1] === 0x2a && first[2] === 0x4d && first[3] === 0x18
  return skippableFrame ? 'zstd' : 'none'
}

/**
 * `bytes` uncompressed, on the thread of the caller; how they are compressed is detected when `compression` does not say
 * it.
 */
export async function* decompressHere(
  bytes: Bytes,
  options: { readonly compression?: Compression; readonly signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  let { compression } = options
  let input = bytes
  if (!compression) {
    const { first, rest } = await peek(bytes)
    compression = detectCompression(first)
    input = rest
  }
  switch (compression) {
    case 'none':
      yield* input
      break
    case 'gzip':
      yield* gunzip(input)
      break
    case 'zstd':
      yield* unzstd(input)
      break
    case 'xz':
      yield* filter('xz', ['--decompress', '--stdout'], { input, signal: options.signal })
      break
    case 'bzip2':
      yield* bunzip2(input, options.signal)
      break
  }
}

/** In the words of Go's bzip2, as far as the program tells what is wrong. What follows the last stream is passed over. */
async function* bunzip2(input: Bytes, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* filter('bzip2', ['--decompress', '--stdout'], { input, signal })
  } catch (error) {
    if (!isStrataError(error, 'invalid_argument')) throw error
    const known = BZIP2_WORDS.find(([told]) => error.message.includes(told))
    throw known ? new StrataError('invalid_argument', known[1], { cause: error }) : error
  }
}

const BZIP2_WORDS = [
  ['file ends unexpectedly', 'unexpected EOF'],
  ['is not a bzip2 file', 'bzip2 data invalid: invalid compression level'],
  ['Data integrity error', 'bzip2 data invalid'],
] as const

/** Decompresses all frames; skippable frames are skipped. */
async function* unzstd(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames(ownChunks(bytes))
  try {
    // Each write is a trip to the thread pool: few and large ones cost a fifth less than those of 64 KiB.
    yield* transformed(frames.bytes(), createZstdDecompress({ chunkSize: OUTPUT_BYTES }))
    if (frames.trailing) throw trailing(MISMATCH)
  } catch (error) {
    if (!isZlibFailure(error)) throw error
    throw new StrataError('invalid_argument', `zstd: ${messageOf(error)}`, { cause: error })
  }
}

function isZlibFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code))
}

/** The first bytes of a stream, and the whole of it again. */
export async function peek(bytes: Bytes): Promise<{ first: Uint8Array; rest: Bytes }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  let size = 0
  let ended = false
  while (size < MAGIC_BYTES && !ended) {
    const { done, value } = await iterator.next()
    if (done) ended = true
    else {
      chunks.push(value)
      size += value.byteLength
    }
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks
      while (!ended) {
        const { done, value } = await iterator.next()
        if (done) ended = true
        else yield value
      }
    } finally {
      if (!ended) await iterator.return?.()
    }
  }
  return { first: Buffer.concat(chunks), rest: rest() }
}
