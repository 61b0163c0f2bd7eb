import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { deflatePiece, type GzipLevel } from '../host/index.ts'

/** How new archives are compressed. */
export interface CompressionSettings {
  readonly compression: 'gzip' | 'zstd'
  /** gzip: 0 (fastest) to 3 (smallest); zstd: 1 to 19. */
  readonly level: number
}

/** What was made of a piece: DEFLATE blocks that others may follow, or a whole zstd frame. */
export interface CompressedPiece {
  readonly blocks: Uint8Array
  /** The CRC-32 of the piece; 0 where the format has none. */
  readonly crc: number
}

/** Compresses a piece by itself on the thread pool; it must be left alone until then. */
export type PieceCompressor = (piece: Uint8Array) => Promise<CompressedPiece>

export function pieceCompressor({ compression, level }: CompressionSettings): PieceCompressor {
  if (compression === 'gzip') {
    const known = gzipLevel(level)
    return piece => deflatePiece(piece, known)
  }
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  // All that comes out in one go: each is a trip to the pool.
  return async piece => {
    const frame = await zstdFrame(piece, { params, chunkSize: piece.byteLength + FRAME_BYTES })
    return { blocks: new Uint8Array(frame), crc: 0 }
  }
}

const zstdFrame = promisify(zstdCompress)
/** More than a frame may be larger than its content, which is 1 MiB at most. */
const FRAME_BYTES = 8192

function gzipLevel(level: number): GzipLevel {
  const known = ([0, 1, 2, 3] as const).find(each => each === level)
  if (known === undefined) throw new RangeError(`gzip has no level ${level}`)
  return known
}
