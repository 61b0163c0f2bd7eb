import { createZstdDecompress } from 'node:zlib'
import { filter, gunzip } from '../host/index.ts'
import { type Bytes, messageOf, StrataError } from '../std/index.ts'
import type { Compression } from './archive.ts'
import { ownChunks } from './own-chunks.ts'
import { transformed } from './transformed.ts'
import { zstdFrames } from './zstd-frames.ts'

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
    case 'bzip2':
      yield* filter(compression, ['--decompress', '--stdout'], { input, signal: options.signal })
      break
  }
}

/** Decompresses all frames; skippable frames are skipped. */
async function* unzstd(bytes: Bytes): AsyncGenerator<Uint8Array> {
  try {
    // Each write is a trip to the thread pool: few and large ones cost a fifth less than those of 64 KiB.
    yield* transformed(zstdFrames(ownChunks(bytes)), createZstdDecompress({ chunkSize: OUTPUT_BYTES }))
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
