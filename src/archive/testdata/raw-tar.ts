import { checksum } from '../header-block.ts'

/** Fields of a header block as they stand in it: text as latin1, bytes as they are. */
export interface RawHeader {
  name?: string
  mode?: string | Uint8Array
  uid?: string | Uint8Array
  gid?: string | Uint8Array
  size?: number | string | Uint8Array
  mtime?: string | Uint8Array
  flag?: string
  linkname?: string
  /** Magic and version: 8 bytes. */
  magic?: string
  uname?: string
  gname?: string
  devmajor?: string
  devminor?: string
  /** Anything else, by offset. */
  at?: Readonly<Record<number, string | Uint8Array>>
  /** Instead of the right sum. */
  checksum?: string
}

export const USTAR = 'ustar\x0000'
export const GNU = 'ustar  \0'

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width - 1, '0')
}

/** A header block with the right checksum, whatever else is wrong with it. */
export function block(header: RawHeader): Buffer {
  const raw = Buffer.alloc(512)
  const put = (offset: number, value: string | Uint8Array | undefined) => {
    if (value !== undefined) raw.set(typeof value === 'string' ? Buffer.from(value, 'latin1') : value, offset)
  }
  const { size = 0 } = header
  put(0, header.name ?? 'file')
  put(100, header.mode ?? '0000644')
  put(108, header.uid ?? '0000000')
  put(116, header.gid ?? '0000000')
  put(124, typeof size === 'number' ? octal(size, 12) : size)
  put(136, header.mtime ?? '00000000000')
  put(156, header.flag ?? '0')
  put(157, header.linkname)
  put(257, header.magic ?? USTAR)
  put(265, header.uname)
  put(297, header.gname)
  put(329, header.devmajor)
  put(337, header.devminor)
  for (const [offset, value] of Object.entries(header.at ?? {})) put(Number(offset), value)
  put(148, header.checksum ?? `${octal(checksum(raw), 7)}\0 `)
  return raw
}

/** Data padded to whole blocks. */
export function padded(data: string | Uint8Array): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return Buffer.concat([bytes, Buffer.alloc(-bytes.byteLength & 511)])
}

/** A header and its data. */
export function entry(header: RawHeader, data: string | Uint8Array = ''): Buffer {
  return Buffer.concat([block({ size: data.length, ...header }), padded(data)])
}

export function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3
  let length = rest
  while (length !== rest + String(length).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** An extended header of records. */
export function pax(records: Readonly<Record<string, string>>, flag = 'x'): Buffer {
  return entry(
    { name: 'pax', flag },
    Object.entries(records)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
  )
}

/** A GNU long name (`L`) or long link (`K`). */
export function long(flag: 'L' | 'K', text: string): Buffer {
  return entry({ name: '././@LongLink', flag, magic: GNU }, `${text}\0`)
}

export const END = Buffer.alloc(1024)

/** Base 256, two's complement. */
export function base256(value: bigint, width: number): Buffer {
  const field = Buffer.alloc(width)
  let rest = BigInt.asUintN(width * 8, value)
  for (let i = width - 1; i >= 0; i--) {
    field[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  field[0]! |= 0x80
  return field
}
