import { isAscii } from 'node:buffer'
import type { ByteString, Timestamp } from './archive.ts'
import { Malformed } from './malformed.ts'
import { parseNumeric, parseOctal } from './numbers.ts'

export const BLOCK_BYTES = 512

/** Which dialect the magic of a header block announces. */
export type BlockFormat = 'v7' | 'ustar' | 'gnu' | 'star'

/** One header block, before extension headers are applied. Mutable: extension headers overwrite fields. */
export interface BlockHeader {
  readonly format: BlockFormat
  readonly flag: number
  name: ByteString
  linkname: ByteString
  mode: number
  uid: number
  gid: number
  uname: ByteString
  gname: ByteString
  size: number
  mtime: Timestamp
  atime: Timestamp | undefined
  ctime: Timestamp | undefined
  devmajor: number
  devminor: number
}

const NO_BYTES = '' as ByteString
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES)
const CHAR = 0x33
const BLOCK = 0x34

/** A NUL-terminated string field. */
function text(block: Buffer, start: number, length: number): ByteString {
  let end = start
  while (end < start + length && block[end] !== 0) end++
  return (end === start ? '' : block.toString('latin1', start, end)) as ByteString
}

/** Whether all of the block is zeros: two of these end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block[0] === 0 && block.equals(ZERO_BLOCK)
}

/** The checksum as POSIX has it: the sum of the bytes, those of the checksum field counted as spaces. */
export function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let i = 0; i < 148; i++) sum += block[i]!
  for (let i = 156; i < BLOCK_BYTES; i++) sum += block[i]!
  return sum
}

/** The sum that historical Sun tars wrote: of the bytes taken as signed. */
function signedChecksum(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let i = 0; i < BLOCK_BYTES; i++) if (i < 148 || i >= 156) sum += (block[i]! << 24) >> 24
  return sum
}

function formatOf(block: Buffer): BlockFormat {
  const magic = block.toString('latin1', 257, 265)
  if (magic.startsWith('ustar\0')) return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar'
  return magic === 'ustar  \0' ? 'gnu' : 'v7'
}

function seconds(block: Buffer, start: number, field: string): Timestamp {
  return { seconds: parseNumeric(block, start, 12, field), nanoseconds: 0 }
}

/** The atime and ctime of GNU and star headers are left empty by most writers. */
function optionalSeconds(block: Buffer, start: number, field: string): Timestamp | undefined {
  return block[start] === 0 ? undefined : seconds(block, start, field)
}

/**
 * Parses one header block of any dialect.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 and
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html
 * @param block exactly 512 bytes; nothing of it is kept.
 * @throws {Malformed} when the checksum or a number is wrong.
 */
export function parseBlock(block: Buffer): BlockHeader {
  const given = parseOctal(block, 148, 8, 'checksum')
  if (given !== checksum(block) && given !== signedChecksum(block)) throw new Malformed('checksum mismatch')
  const format = formatOf(block)
  const flag = block[156]!
  const header: BlockHeader = {
    format,
    flag,
    name: text(block, 0, 100),
    linkname: text(block, 157, 100),
    mode: parseNumeric(block, 100, 8, 'mode'),
    uid: parseNumeric(block, 108, 8, 'uid'),
    gid: parseNumeric(block, 116, 8, 'gid'),
    uname: NO_BYTES,
    gname: NO_BYTES,
    size: parseNumeric(block, 124, 12, 'size'),
    mtime: seconds(block, 136, 'mtime'),
    atime: undefined,
    ctime: undefined,
    devmajor: 0,
    devminor: 0,
  }
  if (format === 'v7') return header
  header.uname = text(block, 265, 32)
  header.gname = text(block, 297, 32)
  if (flag === CHAR || flag === BLOCK) {
    header.devmajor = parseNumeric(block, 329, 8, 'devmajor')
    header.devminor = parseNumeric(block, 337, 8, 'devminor')
  }
  let prefix: ByteString = NO_BYTES
  if (format === 'ustar') prefix = text(block, 345, 155)
  else if (format === 'star') {
    prefix = text(block, 345, 131)
    header.atime = optionalSeconds(block, 476, 'atime')
    header.ctime = optionalSeconds(block, 488, 'ctime')
  } else prefix = gnuTimesOrPrefix(block, header)
  if (prefix !== '') header.name = `${prefix}/${header.name}` as ByteString
  return header
}

/**
 * The GNU dialect has atime and ctime where ustar has the prefix. Layers written by Go before 1.8 have a prefix there
 * all the same: what does not parse as times and is plain ASCII is taken as one (https://go.dev/issue/12594).
 */
function gnuTimesOrPrefix(block: Buffer, header: BlockHeader): ByteString {
  try {
    header.atime = optionalSeconds(block, 345, 'atime')
    header.ctime = optionalSeconds(block, 357, 'ctime')
    return NO_BYTES
  } catch {
    header.atime = undefined
    const prefix = text(block, 345, 155)
    return isAscii(Buffer.from(prefix, 'latin1')) ? prefix : NO_BYTES
  }
}
