import { availableParallelism } from 'node:os'
import { rechunk } from '../host/index.ts'
import { type Bytes, beside, createStagePool, type Worked } from '../std/index.ts'
import { type CompressionSettings, CRC_BYTES } from './compression-settings.ts'
import { combineCrc32 } from './crc32-combine.ts'

/**
 * Compresses archives on all cores, several at once on the same threads. An archive is cut into pieces of 1 MiB that are
 * compressed each by itself, so that one archive is enough to keep all cores busy; together they are one gzip member
 * (RFC 1952) without name and time, or one zstd frame (RFC 8878) a piece. The result depends on the content, the settings
 * and the library alone.
 */
export interface Compressor extends CompressionSettings {
  /** One archive. `open` gives its bytes from the beginning, each time that it is called. */
  compress(open: () => Bytes): CompressedArchive
}

export interface CompressedArchive {
  /** All of it. Call once. */
  bytes(): Bytes
  /** A part of what `bytes` gave already, made again. */
  again(from: number, to: number): Bytes
}

export function createCompressor(settings: CompressionSettings): Compressor {
  const threads = availableParallelism()
  const work = createStagePool(beside(import.meta.url, 'compress-stage'), settings, threads)
  return { ...settings, compress: open => archiveOf(open, { settings, work, ahead: 2 * threads }) }
}

interface Shop {
  readonly settings: CompressionSettings
  readonly work: Worked
  /** Pieces of one archive that may be under way. */
  readonly ahead: number
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
    for await (const { made, length } of worked(rechunk(open()))) {
      const blocks = isGzip ? made.subarray(CRC_BYTES) : made
      if (isGzip) crc = combineCrc32(crc, crcOf(made), length)
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
      for await (const { made } of worked(skipped(rechunk(open()), first))) {
        if (at >= to) break
        const blocks = isGzip ? made.subarray(CRC_BYTES) : made
        yield part(blocks, at)
        at += blocks.byteLength
      }
    }
    if (to > last) yield part(trailer, last)
  }

  /** Pieces and what is made of them, in order. */
  async function* worked(pieces: Bytes): AsyncGenerator<{ readonly made: Uint8Array; readonly length: number }> {
    const underWay: Promise<{ made: Uint8Array; length: number }>[] = []
    for await (const piece of pieces) {
      const length = piece.byteLength
      const job = work(piece).then(made => ({ made, length }))
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

function crcOf(made: Uint8Array): number {
  return new DataView(made.buffer, made.byteOffset).getUint32(0, true)
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
