import { type Bytes, errnoOf, Filler, messageOf, release, StrataError } from '../std/index.ts'
import { addon } from './addon.ts'
import type { DeflatedPiece, GzipLevel } from './gzip-piece.ts'
import { trailing } from './trailing.ts'

/** The states of native/gzip.c's inflater in which the input may end: after a member, and after what is none. */
const BETWEEN = 1
const BEYOND = 2

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
    release(chunk)
  }
  if (state !== BETWEEN && state !== BEYOND) throw new StrataError('invalid_argument', 'unexpected EOF')
  const rest = filler.rest()
  if (rest) yield rest
  if (state === BEYOND) throw trailing('gzip: invalid header')
}

/** {@link deflatePiece} on ISA-L. */
export async function deflatePieceIsal(input: Uint8Array, level: GzipLevel): Promise<DeflatedPiece> {
  return await addon().deflatePiece(level, input)
}
