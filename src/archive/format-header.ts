import { posix } from 'node:path'
import { StrataError } from '../std/index.ts'
import type { SparseRun, TarEntryType, TarHeader } from './archive.ts'
import { formatPax, formatTime } from './format-pax.ts'
import { BLOCK_BYTES, checksum } from './header-block.ts'

/**
 * What must be said of an entry to write it; what is left out is 0, empty, or absent. Runs of `sparse` should begin and
 * end at multiples of 512 (or at the end of the file): GNU tar reads no others.
 */
export type TarHeaderInput = Pick<TarHeader, 'name' | 'type'> & Partial<TarHeader>

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

const EPOCH = { seconds: 0, nanoseconds: 0 }

/** Bytes of data that follow the header. */
export function storedSize(header: TarHeaderInput): number {
  if (header.type !== 'file') return 0
  return header.sparse ? header.sparse.reduce((sum, run) => sum + run.size, 0) : (header.size ?? 0)
}

/**
 * All blocks of an entry before its data, in the form of Docker's own layers (Go's archive/tar, format PAX): a ustar block,
 * before it an extended header only for what the block can't hold. Sparse files are written in GNU's PAX format 1.0.
 * @throws {StrataError} `invalid_argument` for what no header can say.
 */
export function formatHeader(header: TarHeaderInput): Buffer[] {
  const records = new Map<string, string>()
  const block = Buffer.alloc(BLOCK_BYTES)
  const map = header.type === 'file' && header.sparse ? sparseMap(header.sparse, checkedSize(header.size)) : undefined
  let name: string = header.name
  if (name === '') throw unwritable('empty name')
  if (map) {
    records.set('GNU.sparse.major', '1')
    records.set('GNU.sparse.minor', '0')
    records.set('GNU.sparse.name', checked(name, 'name'))
    records.set('GNU.sparse.realsize', String(header.size ?? 0))
    name = beside(name, 'GNUSparseFile.0')
  }
  putText(block, 0, 100, name, 'path', map ? undefined : records)
  putNumber(block, 100, 8, (header.mode ?? 0) & 0o7777)
  putOrRecord(block, 108, 8, header.uid ?? 0, 'uid', records)
  putOrRecord(block, 116, 8, header.gid ?? 0, 'gid', records)
  const size = header.type === 'file' && !header.sparse ? checkedSize(header.size) : storedSize(header)
  putOrRecord(block, 124, 12, size + (map?.byteLength ?? 0), 'size', records)
  const mtime = header.mtime ?? EPOCH
  const fits = putNumber(block, 136, 12, mtime.seconds)
  if (!fits || mtime.nanoseconds !== 0) records.set('mtime', formatTime(mtime))
  if (header.atime) records.set('atime', formatTime(header.atime))
  if (header.ctime) records.set('ctime', formatTime(header.ctime))
  block.write(FLAGS[header.type], 156, 'latin1')
  putText(block, 157, 100, header.linkname ?? '', 'linkpath', records)
  putText(block, 265, 32, header.uname ?? '', 'uname', records)
  putText(block, 297, 32, header.gname ?? '', 'gname', records)
  const device = header.type === 'char' || header.type === 'block'
  for (const [start, number] of [
    [329, header.devmajor],
    [337, header.devminor],
  ] as const) {
    if (!putNumber(block, start, 8, (device ? number : 0) ?? 0)) throw unwritable(`device number ${number}`)
  }
  for (const [key, value] of header.xattrs ?? []) {
    if (/[=\0]/.test(key)) throw unwritable(`xattr name ${JSON.stringify(key)}`)
    records.set(`SCHILY.xattr.${key}`, Buffer.from(value).toString('latin1'))
  }
  seal(block)
  return [...(records.size > 0 ? extension(header.name, records) : []), block, ...(map ? [map] : [])]
}

function unwritable(what: string): StrataError {
  return new StrataError('invalid_argument', `archive/tar: cannot encode header: ${what}`)
}

function checked(text: string, field: string): string {
  if (text.includes('\0')) throw unwritable(`${field} ${JSON.stringify(text)}`)
  return text
}

function checkedSize(size = 0): number {
  if (!Number.isSafeInteger(size) || size < 0) throw unwritable(`size ${size}`)
  return size
}

/** `directory/name/file` for `directory/file`: where pax and GNU tar put what belongs to a file. */
function beside(path: string, name: string): string {
  const slash = path.lastIndexOf('/') + 1
  return posix.join(path.slice(0, slash), name, path.slice(slash))
}

/** Puts a text into its field, as far as it goes, and into `records` when that is not all of it. */
function putText(
  block: Buffer,
  start: number,
  length: number,
  text: string,
  key: string,
  records: Map<string, string> | undefined,
): void {
  checked(text, key)
  const ascii = text.replace(/[^\0-\x7f]/g, '')
  if (records && (ascii !== text || text.length > length)) records.set(key, text)
  let field = ascii.slice(0, length)
  // A cut-off name that ends in a slash would look like a directory to old readers.
  if (ascii.length > length && field.endsWith('/')) field = field.replace(/\/+$/, '')
  block.write(field, start, 'latin1')
}

/** Puts an octal number with a NUL behind it into its field; when it does not fit, puts 0 and returns false. */
function putNumber(block: Buffer, start: number, length: number, value: number): boolean {
  const fits = Number.isSafeInteger(value) && value >= 0 && value < 8 ** (length - 1)
  block.write((fits ? value : 0).toString(8).padStart(length - 1, '0'), start, 'latin1')
  return fits
}

function putOrRecord(
  block: Buffer,
  start: number,
  length: number,
  value: number,
  key: string,
  records: Map<string, string>,
): void {
  if (!Number.isSafeInteger(value)) throw unwritable(`${key} ${value}`)
  if (!putNumber(block, start, length, value)) records.set(key, String(value))
}

/** Marks a filled block as ustar and writes its checksum. */
function seal(block: Buffer): void {
  block.write('ustar\x0000', 257, 'latin1')
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

/** Header block and padded data of the extended header of the entry `name`. */
function extension(name: string, records: ReadonlyMap<string, string>): Buffer[] {
  const data = formatPax(records)
  const block = Buffer.alloc(BLOCK_BYTES)
  putText(block, 0, 100, beside(name, 'PaxHeaders.0').replace(/\/+$/, ''), 'path', undefined)
  for (const start of [100, 108, 116]) putNumber(block, start, 8, 0)
  putNumber(block, 124, 12, data.byteLength)
  putNumber(block, 136, 12, 0)
  block.write('x', 156, 'latin1')
  seal(block)
  return [block, data, Buffer.alloc(-data.byteLength & (BLOCK_BYTES - 1))]
}

/** A map in format 1.0, padded to a block. */
function sparseMap(runs: readonly SparseRun[], size: number): Buffer {
  let end = 0
  for (const run of runs) {
    if (!(run.offset >= end && run.size > 0 && run.offset + run.size <= size)) throw unwritable('sparse map')
    end = run.offset + run.size
  }
  // GNU tar gives a file the size at which its last run ends: a hole at the end is ended by an empty run.
  const all = end < size ? [...runs, { offset: size, size: 0 }] : runs
  const lines = [all.length, ...all.flatMap(run => [run.offset, run.size])]
  const text = `${lines.join('\n')}\n`
  const map = Buffer.alloc(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES)
  map.write(text, 'latin1')
  return map
}
