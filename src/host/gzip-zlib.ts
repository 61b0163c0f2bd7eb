import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, crc32, createGunzip, deflateRaw, type Gunzip } from 'node:zlib'
import { BLOCK_BYTES, type Bytes, fromReadable, messageOf, StrataError } from '../std/index.ts'
import type { DeflatedPiece, GzipLevel } from './gzip-piece.ts'
import { rechunk } from './rechunk.ts'

/** {@link gunzip} on zlib. */
export function inflateZlib(input: Bytes): AsyncGenerator<Uint8Array> {
  return through(input, createGunzip({ chunkSize: BLOCK_BYTES }))
}

const LEVELS = { 0: 1, 1: 2, 2: 4, 3: 6 } as const satisfies Record<GzipLevel, number>

const deflated = promisify(deflateRaw)

/** {@link deflatePiece} on zlib. The checksum is reckoned on the calling thread: half a millisecond for 1 MiB. */
export async function deflatePieceZlib(input: Uint8Array, level: GzipLevel): Promise<DeflatedPiece> {
  const options = { level: LEVELS[level], finishFlush: constants.Z_FULL_FLUSH, chunkSize: BLOCK_BYTES }
  return { blocks: new Uint8Array(await deflated(input, options)), crc: crc32(input) }
}

async function* through(input: Bytes, codec: Gunzip): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(input), codec, () => {
    // The loop below sees every failure.
  })
  try {
    // zlib puts several pieces into one buffer.
    yield* rechunk(fromReadable(codec))
  } catch (error) {
    const text = corruption(error)
    if (text === undefined) throw error
    throw new StrataError('invalid_argument', text, { cause: error })
  }
}

/** What is wrong with the compressed bytes, or undefined when `error` is about something else. */
function corruption(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'Z_BUF_ERROR') return 'unexpected EOF'
  if (code !== 'Z_DATA_ERROR') return undefined
  switch (messageOf(error)) {
    case 'incorrect header check':
    case 'unknown compression method':
    case 'unknown header flags set':
    case 'header crc mismatch':
      return 'gzip: invalid header'
    case 'incorrect data check':
    case 'incorrect length check':
      return 'gzip: invalid checksum'
    default:
      return 'flate: corrupt input'
  }
}
