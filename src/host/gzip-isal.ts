import { type Bytes, errnoOf, messageOf, StrataError } from '../std/index.ts'
import { addon } from './addon.ts'
import type { GzipLevel } from './gzip-level.ts'
import { Filler, rechunk } from './rechunk.ts'

/** The states of native/gzip.c's inflater in which the input may end. */
const ENDINGS: ReadonlySet<number> = new Set([1, 2])

/** {@link gunzip} on ISA-L. */
export async function* inflateIsal(input: Bytes): AsyncGenerator<Uint8Array> {
  const native = addon()
  const inflater = native.inflateNew()
  const filler = new Filler()
  let state = -1
  for await (const chunk of input) {
    let offset = 0
    for (let full = true; full || offset < chunk.byteLength; ) {
      let result: ReturnType<typeof native.inflatePush>
      try {
        result = native.inflatePush(inflater, chunk, offset, filler.block, filler.used)
      } catch (error) {
        if (errnoOf(error) !== 'EBADMSG') throw error
        throw new StrataError('invalid_argument', messageOf(error), { cause: error })
      }
      offset += result.consumed
      state = result.state
      const block = filler.add(result.produced)
      full = block !== undefined
      if (block) yield block
    }
  }
  if (!ENDINGS.has(state)) throw new StrataError('invalid_argument', 'unexpected EOF')
  const rest = filler.rest()
  if (rest) yield rest
}

/** {@link gzip} on ISA-L. */
export async function* deflateIsal(input: Bytes, level: GzipLevel): AsyncGenerator<Uint8Array> {
  const native = addon()
  const deflater = native.deflateNew(level)
  const filler = new Filler()
  function* push(block: Uint8Array, last: boolean): Generator<Uint8Array> {
    let offset = 0
    for (let more = true; more; ) {
      const result = native.deflatePush(deflater, block, offset, filler.block, filler.used, last)
      offset += result.consumed
      const full = filler.add(result.produced)
      if (full) yield full
      more = full !== undefined || offset < block.byteLength || (last && result.state === 0)
    }
  }
  // Blocks of one size: what ISA-L writes depends on how its input is cut.
  for await (const block of rechunk(input)) yield* push(block, false)
  yield* push(new Uint8Array(0), true)
  const rest = filler.rest()
  if (rest) yield rest
}
