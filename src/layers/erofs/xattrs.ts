import { StrataError } from '../../std/index.ts'
import type { Node } from '../tree/node.ts'
import { alignUp, XATTR_HEADER } from './format.ts'

/** Name prefixes that EROFS stores as a number; ACLs have no name beside it. */
const PREFIXES: readonly (readonly [string, number])[] = [
  ['system.posix_acl_access', 2],
  ['system.posix_acl_default', 3],
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
]

/** The most bytes that an inode's count of xattr units can say. */
const MOST = 0xfffe * 4 + XATTR_HEADER
const OPAQUE: readonly [string, Uint8Array] = ['trusted.overlay.opaque', Buffer.from('y')]

function* attributesOf(node: Node): Generator<readonly [string, Uint8Array]> {
  if (node.xattrs) yield* node.xattrs
  if (node.opaque) yield OPAQUE
}

/** Bytes that the extended attributes take after an inode; 0 when there are none. */
export function xattrBytes(node: Node): number {
  if (!node.xattrs && !node.opaque) return 0
  let bytes = XATTR_HEADER
  for (const [name, value] of attributesOf(node)) bytes += entryBytes(suffix(name)[1], value)
  if (bytes > MOST) throw new StrataError('invalid_argument', 'the extended attributes of one file are too large')
  return bytes
}

/** Puts the extended attributes at `offset`: the header (zeros) and the entries one after the other. */
export function writeXattrs(node: Node, out: Buffer, offset: number): void {
  let at = offset + XATTR_HEADER
  for (const [name, value] of attributesOf(node)) {
    const [index, rest] = suffix(name)
    out[at] = rest.length
    out[at + 1] = index
    out.writeUInt16LE(value.byteLength, at + 2)
    out.write(rest, at + 4, 'latin1')
    out.set(value, at + 4 + rest.length)
    at += entryBytes(rest, value)
  }
}

function entryBytes(rest: string, value: Uint8Array): number {
  return alignUp(4 + rest.length + value.byteLength, 4)
}

function suffix(name: string): readonly [number, string] {
  for (const [prefix, index] of PREFIXES) {
    if (name.startsWith(prefix)) return [index, name.slice(prefix.length)]
  }
  throw new Error(`no EROFS namespace for ${name}`)
}
