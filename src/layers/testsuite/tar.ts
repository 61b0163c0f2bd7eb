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

/** The tar of many empty files in one directory, names of at most 90 bytes: quicker than one entry after the other. */
export async function tarOfMany(directory: string, names: readonly string[]): Promise<Buffer> {
  const plain = { mtime: { seconds: 1, nanoseconds: 0 } }
  const template = (await tarOf(file('x', '', plain))).subarray(0, 512)
  const blocks = names.map(name => {
    const block = Buffer.from(template)
    block.fill(0, 0, 100).write(`${directory}/${name}`, 'latin1')
    block.fill(' ', 148, 156)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return block
  })
  const head = (await tarOf(folder(directory, plain))).subarray(0, 512)
  return Buffer.concat([head, ...blocks, Buffer.alloc(1024)])
}
