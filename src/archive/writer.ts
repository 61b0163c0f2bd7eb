import { type Bytes, StrataError } from '../std/index.ts'
import { formatHeader, storedSize, type TarHeaderInput } from './format-header.ts'
import { BLOCK_BYTES } from './header-block.ts'

/** An entry to write. `data`: the stored bytes of a file, as many as its header says. */
export interface TarInput {
  readonly header: TarHeaderInput
  readonly data?: Bytes
}

/** Small pieces are gathered up to this size. */
const GATHER_BYTES = 64 * 1024

/**
 * A tar archive of the entries, in order, with its end marker. What it is depends on the entries alone, and `readTar`
 * reads exactly them back.
 * @throws {StrataError} `invalid_argument` for a header that can't be written, `internal` when the data are more or less
 *   than the header says; the archive is then useless.
 */
export function writeTar(entries: AsyncIterable<TarInput> | Iterable<TarInput>): AsyncGenerator<Uint8Array> {
  return gathered(pieces(entries))
}

/** Bytes of the archive that {@link writeTar} makes of entries with these headers. Throws as it does. */
export function tarSize(headers: Iterable<TarHeaderInput>): number {
  let size = 2 * BLOCK_BYTES
  for (const header of headers) {
    for (const block of formatHeader(header)) size += block.byteLength
    size += Math.ceil(storedSize(header) / BLOCK_BYTES) * BLOCK_BYTES
  }
  return size
}

async function* pieces(entries: AsyncIterable<TarInput> | Iterable<TarInput>): AsyncGenerator<Uint8Array> {
  for await (const { header, data } of entries) {
    yield* formatHeader(header)
    const size = storedSize(header)
    let left = size
    for await (const chunk of data ?? []) {
      left -= chunk.byteLength
      if (left < 0) throw new StrataError('internal', `archive/tar: write too long: ${JSON.stringify(header.name)}`)
      yield chunk
    }
    if (left > 0) {
      throw new StrataError('internal', `archive/tar: missed writing ${left} bytes of ${JSON.stringify(header.name)}`)
    }
    yield Buffer.alloc(-size & (BLOCK_BYTES - 1))
  }
  yield Buffer.alloc(2 * BLOCK_BYTES)
}

/** The same bytes with neighbouring small chunks joined. */
async function* gathered(chunks: Bytes): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = []
  let size = 0
  function* flush(): Generator<Uint8Array> {
    if (size > 0) yield Buffer.concat(small, size)
    small = []
    size = 0
  }
  for await (const chunk of chunks) {
    if (chunk.byteLength >= GATHER_BYTES) {
      yield* flush()
      yield chunk
      continue
    }
    small.push(chunk)
    size += chunk.byteLength
    if (size >= GATHER_BYTES) yield* flush()
  }
  yield* flush()
}
