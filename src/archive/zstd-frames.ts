import { type Bytes, StrataError } from '../std/index.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3

/** What the bytes to come are: fields that are collected, or the `body` of a block or skippable frame. */
type State = 'magic' | 'skip-size' | 'descriptor' | 'header' | 'block-header' | 'body' | 'checksum'

/** What begins no frame, in the words of Go's reader. */
export const MISMATCH = 'invalid input: magic number mismatch'

function corrupt(reason: string): StrataError {
  return new StrataError('invalid_argument', reason)
}

/** Bytes of the frame header after its descriptor byte: window, dictionary ID and content size. */
function headerBytes(descriptor: number): number {
  const singleSegment = (descriptor >> 5) & 1
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const contentSize = [singleSegment, 2, 4, 8][descriptor >> 6]!
  return (singleSegment ? 0 : 1) + dictionary + contentSize
}

/**
 * Follows the structure of a zstd stream, without decoding it.
 * https://www.rfc-editor.org/rfc/rfc8878#section-3
 */
class FrameWalker {
  readonly #field = Buffer.alloc(16)
  #state: State = 'magic'
  #need = 4
  #filled = 0
  /** What follows the body. */
  #after: State = 'magic'
  /** Bytes of the checksum at the end of the frame. */
  #checksum = 0
  #first = true
  #beyond = false

  /** Whether what comes now is behind the last frame. */
  get beyond(): boolean {
    return this.#beyond
  }

  /** Whether it is not known yet what the bytes of late begin. */
  get undecided(): boolean {
    return this.#state === 'magic' && this.#filled > 0
  }

  /** Whether a frame has ended before. */
  get later(): boolean {
    return !this.#first
  }

  /** Whether the stream may end here: between two frames. */
  get betweenFrames(): boolean {
    return this.#state === 'magic' && this.#filled === 0
  }

  /** Goes on from `at`; returns where in `chunk` a frame ended, or the length of the chunk. Not to be called beyond the last. */
  walk(chunk: Uint8Array, at: number): number {
    let end = at
    do {
      const taken = Math.min(chunk.byteLength - end, this.#need - this.#filled)
      if (this.#state !== 'body') this.#field.set(chunk.subarray(end, end + taken), this.#filled)
      this.#filled += taken
      end += taken
      if (this.#filled === this.#need) this.#next()
    } while (end < chunk.byteLength && !this.betweenFrames && !this.#beyond)
    if (this.betweenFrames) this.#first = false
    return end
  }

  #expect(state: State, need: number): void {
    this.#state = state
    this.#need = need
    this.#filled = 0
    if (need === 0) this.#next()
  }

  #next(): void {
    const field = this.#field
    switch (this.#state) {
      case 'magic': {
        const magic = field.readUInt32LE(0)
        if (magic === MAGIC) this.#expect('descriptor', 1)
        else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) this.#expect('skip-size', 4)
        else if (this.#first) throw corrupt(MISMATCH)
        else this.#beyond = true
        break
      }
      case 'skip-size':
        this.#after = 'magic'
        this.#expect('body', field.readUInt32LE(0))
        break
      case 'descriptor':
        this.#checksum = field[0]! & 4
        this.#expect('header', headerBytes(field[0]!))
        break
      case 'header':
        this.#expect('block-header', 3)
        break
      case 'block-header': {
        const block = field.readUIntLE(0, 3)
        const type = (block >> 1) & 3
        if (type === RESERVED_BLOCK) throw corrupt('zstd: reserved block type')
        if ((block & 1) === 0) this.#after = 'block-header'
        else this.#after = this.#checksum > 0 ? 'checksum' : 'magic'
        this.#expect('body', type === RLE_BLOCK ? 1 : block >> 3)
        break
      }
      case 'body':
        this.#expect(this.#after, this.#after === 'block-header' ? 3 : 4)
        break
      case 'checksum':
        this.#expect('magic', 4)
        break
    }
  }
}

/**
 * Cuts a zstd stream at the ends of its frames: no chunk that comes out reaches into the next frame. Node's decompressor
 * decodes a frame that a write begins with, but silently drops what follows the end of a frame within one write.
 */
export class ZstdFrames {
  readonly #input: Bytes
  #trailing = false

  constructor(input: Bytes) {
    this.#input = input
  }

  /** Whether behind the last frame lay something else, which was passed over; known when all has been read. */
  get trailing(): boolean {
    return this.#trailing
  }

  /**
   * To be read once.
   * @throws {StrataError} `invalid_argument` for what does not begin with a frame, or is cut off.
   */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const walker = new FrameWalker()
    let undecided: Uint8Array = new Uint8Array(0)
    for await (const chunk of this.#input) {
      for (let from = 0; from < chunk.byteLength && !walker.beyond; ) {
        const end = walker.walk(chunk, from)
        if (walker.beyond) break
        const piece = chunk.subarray(from, end)
        from = end
        if (walker.undecided) {
          undecided = Buffer.concat([undecided, piece])
          continue
        }
        if (undecided.byteLength > 0) yield undecided
        undecided = new Uint8Array(0)
        yield piece
      }
    }
    this.#trailing = walker.beyond || (walker.undecided && walker.later)
    if (!this.#trailing && !walker.betweenFrames) throw corrupt('unexpected EOF')
  }
}
