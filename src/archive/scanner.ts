import { StrataError } from '../std/index.ts'
import { xattrsOf } from './apply-pax.ts'
import type { ByteString, SparseRun, TarEntryHead, TarEntryType } from './archive.ts'
import { meaningOf } from './entry-type.ts'
import { type ExtensionKind, Extensions, MAX_EXTENSION_BYTES } from './extensions.ts'
import { BLOCK_BYTES, type BlockHeader, isZeroBlock, parseBlock } from './header-block.ts'
import { Malformed } from './malformed.ts'
import { parseDecimal } from './numbers.ts'
import type { PaxRecords } from './pax-records.ts'
import { checkedRuns, oldSparseSize, parseSparseText, readOldSparse, SparseMapReader } from './sparse-map.ts'

/** What {@link TarScanner} tells, synchronously, from within `push`. */
export interface TarEvents {
  /** A header is complete; its data lie at `head.dataOffset` of the archive. */
  onEntry(head: TarEntryHead): void
  /** Stored data of the latest entry, in order: a view of the pushed chunk, `head.dataSize` bytes in all. */
  onData?(chunk: Uint8Array): void
}

/** What the bytes to come are. `ended`: the end marker was seen, and whatever follows is passed over. */
type State =
  | 'header'
  | 'second-zero'
  | 'extension'
  | 'old-sparse'
  | 'sparse-map'
  | 'data'
  | 'skip'
  | 'padding'
  | 'ended'

/** An entry whose sparse map is not yet complete. */
interface Pending {
  readonly header: BlockHeader
  readonly records: PaxRecords
  readonly size: number
  readonly runs: SparseRun[]
  readonly map: SparseMapReader | undefined
}

/**
 * A push parser of tar archives: give it every chunk of a stream in order, then `finish`. Holds one header (at most 1 MiB
 * of extension header, or one sparse map) and never copies data. It reads what Go's archive/tar and GNU tar read:
 *
 * - two zero blocks end the archive and what follows is passed over; so does the end of the input after any entry, with or
 *   without its padding or after a single zero block;
 * - sizes of links, directories, devices and fifos are ignored: no data follow their headers;
 * - PAX `x` overrides the header block, GNU `L` and `K` override both; PAX `g` holds for all that follows;
 * - volume labels and the like (`V M N X`) are skipped; other unknown types are an error.
 *
 * After an error the scanner stays failed: each further call throws the same error.
 */
export class TarScanner {
  readonly #events: TarEvents
  #state: State = 'header'
  #offset = 0
  #headerOffset = 0
  #entries = 0
  #failure: unknown

  /** The unit being collected: a block or an extension header. `#unit` is only used for those that straddle chunks. */
  #need = BLOCK_BYTES
  #filled = 0
  #unit: Buffer = Buffer.allocUnsafe(BLOCK_BYTES)

  #left = 0
  #padding = 0

  readonly #extensions = new Extensions()
  #extension: ExtensionKind = 'pax'
  #pending: Pending | undefined

  constructor(events: TarEvents) {
    this.#events = events
  }

  /** Bytes of the archive taken in so far. */
  get offset(): number {
    return this.#offset
  }

  /** Whether the end of the archive was seen, by its marker. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Entries told so far. */
  get entries(): number {
    return this.#entries
  }

  /**
   * Takes the next bytes in. Keeps no reference to `chunk`.
   * @throws {StrataError} `invalid_argument` when they are not tar.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#consume(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** How many of the next bytes hold no header: what is left of data, of which nobody need be told, and padding. */
  get ahead(): number {
    switch (this.#state) {
      case 'data':
      case 'skip':
        return this.#left + this.#padding
      case 'padding':
        return this.#padding
      case 'ended':
        return Number.POSITIVE_INFINITY
      default:
        return 0
    }
  }

  /** Takes the next bytes as seen, though they are not: at most {@link ahead}. `onData` isn't told of them. */
  skip(bytes: number): void {
    if (bytes > this.ahead) throw new RangeError(`${bytes} bytes are not all data`)
    this.#offset += bytes
    if (this.#state === 'ended' || bytes === 0) return
    const data = this.#state === 'padding' ? 0 : Math.min(bytes, this.#left)
    this.#left -= data
    if (this.#left > 0 && this.#state !== 'padding') return
    if (this.#state !== 'padding') this.#pad()
    this.#padding -= bytes - data
    if (this.#padding === 0) this.#state = 'header'
  }

  /**
   * Says that there is nothing more.
   * @throws {StrataError} `invalid_argument` when the archive is cut off.
   */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure
    const clean =
      this.#state === 'ended' ||
      ((this.#state === 'padding' ||
        (this.#filled === 0 && (this.#state === 'header' || this.#state === 'second-zero'))) &&
        !this.#extensions.waiting)
    if (clean) return
    this.#fail(
      new StrataError('invalid_argument', `unexpected EOF: the tar archive is cut off at offset ${this.#offset}`),
    )
  }

  #fail(error: unknown): never {
    this.#failure =
      error instanceof Malformed
        ? new StrataError(
            'invalid_argument',
            `archive/tar: invalid tar header at offset ${this.#headerOffset}: ${error.message}`,
            { details: { offset: this.#headerOffset } },
          )
        : error
    throw this.#failure
  }

  #consume(chunk: Buffer): void {
    let at = 0
    while (at < chunk.byteLength) {
      const available = chunk.byteLength - at
      let taken: number
      switch (this.#state) {
        case 'data':
        case 'skip': {
          taken = Math.min(available, this.#left)
          if (this.#state === 'data') this.#events.onData?.(chunk.subarray(at, at + taken))
          this.#left -= taken
          this.#offset += taken
          if (this.#left === 0) this.#pad()
          break
        }
        case 'padding': {
          taken = Math.min(available, this.#padding)
          this.#padding -= taken
          this.#offset += taken
          if (this.#padding === 0) this.#state = 'header'
          break
        }
        case 'ended':
          this.#offset += available
          return
        default:
          taken = this.#collect(chunk, at)
      }
      at += taken
    }
  }

  /** Collects a whole unit, without a copy when it lies within the chunk, and has it parsed. */
  #collect(chunk: Buffer, at: number): number {
    if (this.#filled === 0) {
      if (this.#state === 'header') this.#headerOffset = this.#offset
      if (chunk.byteLength - at >= this.#need) {
        const need = this.#need
        this.#offset += need
        this.#unitRead(chunk.subarray(at, at + need))
        return need
      }
      if (this.#unit.byteLength < this.#need) this.#unit = Buffer.allocUnsafe(this.#need)
    }
    const taken = chunk.copy(this.#unit, this.#filled, at, Math.min(chunk.byteLength, at + this.#need - this.#filled))
    this.#filled += taken
    this.#offset += taken
    if (this.#filled === this.#need) {
      this.#filled = 0
      const unit = this.#unit
      if (unit.byteLength > BLOCK_BYTES) this.#unit = Buffer.allocUnsafe(BLOCK_BYTES)
      this.#unitRead(unit.subarray(0, this.#need))
    }
    return taken
  }

  #unitRead(unit: Buffer): void {
    switch (this.#state) {
      case 'header':
        if (isZeroBlock(unit)) this.#state = 'second-zero'
        else this.#header(unit)
        break
      case 'second-zero':
        if (!isZeroBlock(unit)) throw new Malformed('a header after a single zero block')
        this.#end()
        break
      case 'extension':
        this.#extensionRead(unit)
        break
      case 'old-sparse':
        if (!readOldSparse(unit, true, this.#pending!.runs)) this.#begin(this.#pending!)
        break
      case 'sparse-map': {
        const { map } = this.#pending!
        this.#left -= BLOCK_BYTES
        if (map!.push(unit)) this.#begin(this.#pending!)
        else if (this.#left < BLOCK_BYTES) throw new Malformed('sparse map is longer than the stored data')
        break
      }
    }
  }

  #end(): void {
    if (this.#extensions.waiting) throw new Malformed('an extension header without an entry')
    this.#state = 'ended'
  }

  /** Goes on after data: padding up to the next block, then a header. */
  #pad(): void {
    this.#state = this.#padding === 0 ? 'header' : 'padding'
    this.#need = BLOCK_BYTES
  }

  /** Expects `size` bytes of data from here. */
  #expectData(size: number, state: 'data' | 'skip' = 'data'): void {
    if (size < 0) throw new Malformed('size is negative')
    if (size > Number.MAX_SAFE_INTEGER - this.#offset - BLOCK_BYTES) throw new Malformed('size is too large')
    this.#left = size
    this.#padding = -size & (BLOCK_BYTES - 1)
    if (size === 0) this.#pad()
    else this.#state = state
  }

  #header(block: Buffer): void {
    const header = parseBlock(block)
    const meaning = meaningOf(header)
    switch (meaning) {
      case 'pax':
      case 'pax-global':
      case 'long-name':
      case 'long-link':
        this.#beginExtension(meaning, header.size)
        return
      case 'skipped':
        this.#extensions.apply(header)
        this.#expectData(header.size, 'skip')
        return
      case 'sparse-file':
        this.#oldSparse(header, block)
        return
      case 'file':
        this.#file(header)
        return
      case 'old-file': {
        const records = this.#extensions.apply(header)
        if (header.name.endsWith('/')) this.#tell(header, records, { type: 'directory', size: 0, dataSize: 0 })
        else this.#file(header, records)
        return
      }
      default:
        this.#tell(header, this.#extensions.apply(header), { type: meaning, size: 0, dataSize: 0 })
    }
  }

  #beginExtension(kind: ExtensionKind, size: number): void {
    if (size < 0) throw new Malformed('size is negative')
    if (size > MAX_EXTENSION_BYTES) throw new Malformed(`extension header of ${size} bytes is too large`)
    this.#extension = kind
    this.#padding = -size & (BLOCK_BYTES - 1)
    if (size === 0) this.#extensionRead(Buffer.alloc(0))
    else {
      this.#state = 'extension'
      this.#need = size
    }
  }

  #extensionRead(data: Buffer): void {
    this.#extensions.read(this.#extension, data)
    this.#pad()
  }

  #file(header: BlockHeader, records = this.#extensions.apply(header)): void {
    const version = `${records.get('GNU.sparse.major') ?? ''}.${records.get('GNU.sparse.minor') ?? ''}`
    const map = records.get('GNU.sparse.map') ?? ''
    const known = version === '.' ? map !== '' : version === '0.0' || version === '0.1' || version === '1.0'
    if (!known) {
      this.#tell(header, records, { type: 'file', size: header.size, dataSize: header.size })
      return
    }
    const name = records.get('GNU.sparse.name') ?? ''
    if (name !== '') header.name = name as ByteString
    const sizeText = records.get('GNU.sparse.size') || records.get('GNU.sparse.realsize') || ''
    const size = sizeText === '' ? header.size : parseDecimal(sizeText, 'sparse file size')
    if (version !== '1.0') {
      const runs = parseSparseText(map, records.get('GNU.sparse.numblocks') ?? '')
      this.#begin({ header, records, size, runs, map: undefined })
      return
    }
    this.#expectData(header.size)
    if (this.#left < BLOCK_BYTES) throw new Malformed('sparse map is longer than the stored data')
    const reader = new SparseMapReader()
    this.#pending = { header, records, size, runs: reader.runs, map: reader }
    this.#state = 'sparse-map'
    this.#need = BLOCK_BYTES
  }

  #oldSparse(header: BlockHeader, block: Buffer): void {
    if (header.format !== 'gnu') throw new Malformed('sparse file in a header that is not GNU')
    const pending: Pending = {
      header,
      records: this.#extensions.apply(header),
      size: oldSparseSize(block),
      runs: [],
      map: undefined,
    }
    if (!readOldSparse(block, false, pending.runs)) {
      this.#begin(pending)
      return
    }
    this.#pending = pending
    this.#state = 'old-sparse'
    this.#need = BLOCK_BYTES
  }

  /** Tells a sparse entry of which the map is complete. */
  #begin({ header, records, size, runs, map }: Pending): void {
    const dataSize = map ? this.#left : header.size
    this.#pending = undefined
    this.#tell(header, records, { type: 'file', size, dataSize, sparse: checkedRuns(runs, size, dataSize) })
  }

  #tell(
    header: BlockHeader,
    records: PaxRecords,
    body: { type: TarEntryType; size: number; dataSize: number; sparse?: SparseRun[] },
  ): void {
    this.#expectData(body.dataSize)
    this.#entries++
    this.#events.onEntry({
      name: header.name,
      type: body.type,
      linkname: header.linkname,
      mode: header.mode & 0o7777,
      uid: header.uid,
      gid: header.gid,
      uname: header.uname,
      gname: header.gname,
      size: body.size,
      mtime: header.mtime,
      ...(header.atime && { atime: header.atime }),
      ...(header.ctime && { ctime: header.ctime }),
      devmajor: header.devmajor,
      devminor: header.devminor,
      xattrs: xattrsOf(records),
      ...(body.sparse && { sparse: body.sparse }),
      dataOffset: this.#offset,
      dataSize: body.dataSize,
    })
  }
}
