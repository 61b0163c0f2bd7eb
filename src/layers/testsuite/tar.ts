import { type ByteString, type TarHeaderInput, type TarInput, writeTar } from '../../archive/index.ts'
import { type Bytes, bytesOf, collect } from '../../std/index.ts'

type Rest = Partial<Omit<TarHeaderInput, 'name' | 'type' | 'linkname' | 'xattrs'>> & {
  readonly xattrs?: Readonly<Record<string, Uint8Array | string>>
}

const TIME = { seconds: 1_600_000_000, nanoseconds: 123_456_789 }

/** A text as the bytes of its UTF-8. */
export function utf8(text: string): ByteString {
  return Buffer.from(text).toString('latin1') as ByteString
}

/** Bytes that can be read any number of times. */
export function again(...parts: Uint8Array[]): Bytes {
  return { [Symbol.asyncIterator]: () => bytesOf(...parts)[Symbol.asyncIterator]() }
}

/** A string of which each character is a byte, as it is. */
export function raw(text: string): ByteString {
  return text as ByteString
}

function header(type: TarHeaderInput['type'], name: string, rest: Rest & { linkname?: string }): TarHeaderInput {
  const { xattrs = {}, linkname = '', ...others } = rest
  const entries = Object.entries(xattrs).map(([key, value]) => [raw(key), Buffer.from(value)] as const)
  return {
    mtime: TIME,
    mode: 0o644,
    ...others,
    type,
    name: raw(name),
    linkname: raw(linkname),
    xattrs: new Map(entries),
  }
}

export function file(name: string, content: string | Uint8Array = '', rest: Rest = {}): TarInput {
  const data = Buffer.from(content)
  return { header: header('file', name, { size: data.byteLength, ...rest }), data: again(data) }
}

export function folder(name: string, rest: Rest = {}): TarInput {
  return { header: header('directory', name, { mode: 0o755, ...rest }) }
}

export function symlink(name: string, target: string, rest: Rest = {}): TarInput {
  return { header: header('symlink', name, { mode: 0o777, linkname: target, ...rest }) }
}

export function link(name: string, target: string, rest: Rest = {}): TarInput {
  return { header: header('link', name, { linkname: target, ...rest }) }
}

export function special(type: 'char' | 'block' | 'fifo', name: string, rest: Rest = {}): TarInput {
  return { header: header(type, name, rest) }
}

/** `.wh.x`: removes `x` of the layers below. */
export function whiteout(name: string): TarInput {
  const cut = name.lastIndexOf('/') + 1
  return file(`${name.slice(0, cut)}.wh.${name.slice(cut)}`)
}

/** `.wh..wh..opq`: hides what the layers below have in `directory`. */
export function opaque(directory: string): TarInput {
  return file(`${directory}/.wh..wh..opq`)
}

export function tarOf(...entries: TarInput[]): Promise<Buffer> {
  return collect(writeTar(entries), 1 << 28)
}
