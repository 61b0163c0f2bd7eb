import { applyPax, effectiveRecords, mergeGlobal } from './apply-pax.ts'
import type { ByteString } from './archive.ts'
import type { BlockHeader } from './header-block.ts'
import { type PaxRecords, parsePax } from './pax-records.ts'

export type ExtensionKind = 'pax' | 'pax-global' | 'long-name' | 'long-link'

/** The most bytes of one extension header; the limit of Go's archive/tar and of libarchive. */
export const MAX_EXTENSION_BYTES = 1 << 20

const NO_RECORDS: PaxRecords = new Map()

/** The extension headers that wait for their entry, and the global ones. */
export class Extensions {
  #globals: PaxRecords = NO_RECORDS
  #records: PaxRecords | undefined
  #longName = ''
  #longLink = ''

  /** Whether an extension header has been read whose entry has not come yet. */
  get waiting(): boolean {
    return this.#records !== undefined || this.#longName !== '' || this.#longLink !== ''
  }

  /** Reads the data of an extension header. One of the same kind replaces the one before it. */
  read(kind: ExtensionKind, data: Buffer): void {
    switch (kind) {
      case 'pax':
        this.#records = parsePax(data)
        break
      case 'pax-global':
        this.#globals = mergeGlobal(this.#globals, parsePax(data))
        break
      case 'long-name':
        this.#longName = upToNul(data)
        break
      case 'long-link':
        this.#longLink = upToNul(data)
        break
    }
  }

  /** Applies what waits to the entry that it waited for, and forgets it. Returns the PAX records that hold for it. */
  apply(header: BlockHeader): PaxRecords {
    const records = effectiveRecords(this.#globals, this.#records ?? NO_RECORDS)
    applyPax(header, records)
    if (this.#longName !== '') header.name = this.#longName as ByteString
    if (this.#longLink !== '') header.linkname = this.#longLink as ByteString
    this.#records = undefined
    this.#longName = ''
    this.#longLink = ''
    return records
  }
}

function upToNul(data: Buffer): string {
  const nul = data.indexOf(0)
  return data.toString('latin1', 0, nul < 0 ? data.byteLength : nul)
}
