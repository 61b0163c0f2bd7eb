import type { ByteString } from './archive.ts'
import type { BlockHeader } from './header-block.ts'
import { parseDecimal, parseTime } from './numbers.ts'
import type { PaxRecords } from './pax-records.ts'

/** Keys that say something of one file only; a global header can't set them. */
const OF_ONE_FILE = new Set(['path', 'linkpath', 'size'])

const SCHILY_XATTR = 'SCHILY.xattr.'
const LIBARCHIVE_XATTR = 'LIBARCHIVE.xattr.'

/** Adds the records of a global header (`g`) to those of the ones before it. An empty value deletes. */
export function mergeGlobal(before: PaxRecords, records: PaxRecords): PaxRecords {
  const merged = new Map(before)
  for (const [key, value] of records) {
    if (OF_ONE_FILE.has(key) || key.startsWith('GNU.sparse.')) continue
    if (value === '') merged.delete(key)
    else merged.set(key, value)
  }
  return merged
}

/** What holds for an entry: its own records over the global ones. */
export function effectiveRecords(globals: PaxRecords, own: PaxRecords): PaxRecords {
  if (globals.size === 0) return own
  if (own.size === 0) return globals
  return new Map([...globals, ...own])
}

/** Overwrites the fields of `header` that `records` have; an empty value leaves the field of the header block. */
export function applyPax(header: BlockHeader, records: PaxRecords): void {
  for (const [key, value] of records) {
    if (value === '') continue
    switch (key) {
      case 'path':
        header.name = value as ByteString
        break
      case 'linkpath':
        header.linkname = value as ByteString
        break
      case 'uname':
      case 'gname':
        header[key] = value as ByteString
        break
      case 'uid':
      case 'gid':
      case 'size':
        header[key] = parseDecimal(value, key)
        break
      case 'mtime':
      case 'atime':
      case 'ctime':
        header[key] = parseTime(value, key)
        break
    }
  }
}

const NO_XATTRS: ReadonlyMap<ByteString, Uint8Array> = new Map()

/**
 * The xattrs among the records: `SCHILY.xattr.<name>` with the raw value, which may be empty, and
 * `LIBARCHIVE.xattr.<url-encoded name>` with a base64 value, which counts where the first form is missing.
 */
export function xattrsOf(records: PaxRecords): ReadonlyMap<ByteString, Uint8Array> {
  let xattrs: Map<ByteString, Uint8Array> | undefined
  for (const [key, value] of records) {
    if (key.startsWith(SCHILY_XATTR)) {
      xattrs ??= new Map()
      xattrs.set(key.slice(SCHILY_XATTR.length) as ByteString, Buffer.from(value, 'latin1'))
    } else if (key.startsWith(LIBARCHIVE_XATTR)) {
      const encoded = key.slice(LIBARCHIVE_XATTR.length)
      const name = encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      if (records.has(SCHILY_XATTR + name)) continue
      xattrs ??= new Map()
      xattrs.set(name as ByteString, Buffer.from(value, 'base64'))
    }
  }
  return xattrs ?? NO_XATTRS
}
