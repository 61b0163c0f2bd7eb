/** Compresses pieces, each by itself. Runs on a worker thread; `compress.ts` puts the results together. */
import { constants, crc32, zstdCompressSync } from 'node:zlib'
import { deflatePiece } from '../host/index.ts'
import { release, type Stage } from '../std/index.ts'
import { type CompressionSettings, CRC_BYTES } from './compression-settings.ts'

export const stage: Stage<CompressionSettings, void> = async (input, settings, emit) => {
  const compress = settings.compression === 'gzip' ? gzipPiece : zstdFrame
  for await (const piece of input) {
    const made = compress(piece, settings)
    release(piece)
    await emit(made)
  }
}

/** The CRC-32 of the piece, then its blocks. */
function gzipPiece(piece: Uint8Array, { level }: CompressionSettings): Uint8Array {
  const blocks = deflatePiece(piece, level as 0 | 1 | 2 | 3)
  const made = new Uint8Array(CRC_BYTES + blocks.byteLength)
  new DataView(made.buffer).setUint32(0, crc32(piece), true)
  made.set(blocks, CRC_BYTES)
  return made
}

function zstdFrame(piece: Uint8Array, { level }: CompressionSettings): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  return new Uint8Array(zstdCompressSync(piece, { params }))
}
