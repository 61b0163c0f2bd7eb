import { availableParallelism } from 'node:os'
import { rechunk } from '../host/index.ts'
import { type Bytes, release, Slots } from '../std/index.ts'
import {
  type CompressedPiece,
  type CompressionSettings,
  type PieceCompressor,
  pieceCompressor,
} from './compress-piece.ts'
import { combineCrc32 } from './crc32-combine.ts'

/**
 * Compresses archives on all cores, several at once. An archive is cut into pieces of 1 MiB that are compressed each by
 * itself, so that one archive is enough to keep all cores busy; the pieces of those that began later wait for those of the
 * earlier ones, and keep the cores busy where these are waited for. An archive's pieces together they are one gzip member (RFC 1952) without name
 * and time, or one zstd frame (RFC 8878) a piece. The result depends on the content, the settings and the library alone.
 * The work is done on the thread pool: a worker thread would cost memory, and pieces that change threads both ways.
 */
export interface Compressor extends CompressionSettings {
  /** One archive. `open` gives its bytes from the beginning, each time that it is called; they are given away. */
  compress(open: () => Bytes): CompressedArchive
}

export interface CompressedArchive {
  /** All of it. Call once. */
  bytes(): Bytes
  /** A part of what `bytes` gave already, made again. */
  again(from: number, to: number): Bytes
}

export function createCompressor(settings: CompressionSettings): Compressor {
  const cores = availableParallelism()
  const turns = new Slots(cores)
  const compress = pieceCompressor(settings)
  let archives = 0
  const turnsOf = (rank: number): PieceCompressor => {
    return async piece => {
      using _turn = await turns.acquire(undefined, rank)
      return await compress(piece)
    }
  }
  return {
    ...settings,
    compress: open => archiveOf(open, { settings, work: turnsOf(archives++), ahead: 2 * cores }),
  }
}

interface Shop {
  readonly settings: CompressionSettings
  readonly work: PieceCompressor
  /** Pieces of one archive that may be under way. */
  readonly ahead: number
}

interface Made extends CompressedPiece {
  /** Bytes of the piece. */
  readonly length: number
}

/** Deflate, no flags, no time, no hint at how it was made, no system: RFC 1952, section 2.3. */
const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

function archiveOf(open: () => Bytes, { settings, work, ahead }: Shop): CompressedArchive {
  const isGzip = settings.compression === 'gzip'
  const header = isGzip ? GZIP_HEADER : new Uint8Array()
  /** Where in the result each piece that was made ends. */
  const ends: number[] = []
  let trailer = new Uint8Array()

  async function* bytes(): AsyncGenerator<Uint8Array> {
    let end = header.byteLength
    let size = 0
    let crc = 0
    if (end > 0) yield header.slice()
    for await (const { blocks, crc: ofPiece, length } of worked(rechunk(open()))) {
      crc = combineCrc32(crc, ofPiece, length)
      size += length
      end += blocks.byteLength
      ends.push(end)
      yield blocks
    }
    if (!isGzip) return
    trailer = gzipTrailer(crc, size)
    yield trailer.slice()
  }

  async function* again(from: number, to: number): AsyncGenerator<Uint8Array> {
    const part = (piece: Uint8Array, at: number) => piece.slice(Math.max(0, from - at), Math.max(0, to - at))
    if (from < header.byteLength) yield part(header, 0)
    const first = ends.findIndex(end => end > from)
    const last = ends.at(-1) ?? header.byteLength
    if (first >= 0) {
      let at = first === 0 ? header.byteLength : ends[first - 1]!
      for await (const { blocks } of worked(skipped(rechunk(open()), first))) {
        if (at >= to) break
        yield part(blocks, at)
        at += blocks.byteLength
      }
    }
    if (to > last) yield part(trailer, last)
  }

  async function made(piece: Uint8Array): Promise<Made> {
    const length = piece.byteLength
    const compressed = await work(piece)
    release(piece)
    return { ...compressed, length }
  }

  /** Pieces and what is made of them, in order. */
  async function* worked(pieces: Bytes): AsyncGenerator<Made> {
    const underWay: Promise<Made>[] = []
    for await (const piece of pieces) {
      const job = made(piece)
      job.catch(() => {
        // Seen when it is its turn, if anybody still waits then.
      })
      underWay.push(job)
      if (underWay.length >= ahead) yield await underWay.shift()!
    }
    for (const job of underWay) yield await job
  }

  return { bytes, again }
}

async function* skipped(pieces: Bytes, count: number): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const piece of pieces) if (left-- <= 0) yield piece
}

/** An empty last block, then the check and the size. */
function gzipTrailer(crc: number, size: number): Uint8Array<ArrayBuffer> {
  const trailer = new Uint8Array(10)
  const view = new DataView(trailer.buffer)
  trailer.set([3, 0])
  view.setUint32(2, crc, true)
  view.setUint32(6, size % 2 ** 32, true)
  return trailer
}
