import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { getXattr, listXattrs, makeNode, setTimes, setXattr } from '../../host/index.ts'
import { bytesOf } from '../../std/index.ts'
import type { ByteString, TarEntryType, TarHeader, Timestamp } from '../archive.ts'
import type { TarInput } from '../writer.ts'

/** What the kernel says of one path of a tree. */
export interface Facts {
  type: TarEntryType
  mode: number
  uid: number
  gid: number
  mtime: Timestamp
  /** Target of a symlink. */
  target?: string
  rdev?: readonly [major: number, minor: number]
  /** The inode, where it has several names. */
  inode?: bigint
  size: number
  content?: Buffer
  xattrs: ReadonlyMap<string, string>
}

const bytes = (path: string) => Buffer.from(path, 'latin1')

/** Writes a file of `size` bytes with data only at `runs`. */
function sparseFile(path: string, size: number, runs: number): void {
  const file = openSync(bytes(path), 'w')
  for (let i = 0; i < runs; i++) writeSync(file, Buffer.alloc(4096, i + 1), 0, 4096, i * 65536 + 8192)
  ftruncateSync(file, size)
  closeSync(file)
}

/** A tree that every tar format can hold (v7 aside: it has no `special` files). */
export function makePlainTree(root: string, options: { special: boolean }): void {
  const at = (name: string) => `${root}/${name}`
  const file = (name: string, content: string | Buffer, mode: number, time: number) => {
    writeFileSync(at(name), content)
    chmodSync(at(name), mode)
    setTimes(at(name), { atime: { seconds: 1, nanoseconds: 0 }, mtime: { seconds: time, nanoseconds: 0 } })
  }
  file('empty', '', 0o600, 0)
  file('small', 'content\n', 0o4755, 1_234_567_890)
  file('large', Buffer.alloc(300_001, 'large'), 0o640, 2 ** 31 + 5)
  file('block-sized', Buffer.alloc(512, 'b'), 0o7777, 1)
  mkdirSync(at('directory/nested'), { recursive: true })
  chmodSync(at('directory'), 0o1777)
  file('directory/nested/name with spaces', 'x', 0o444, 77)
  file(`directory/${'n'.repeat(80)}`, 'nearly too long', 0o644, 78)
  lchownSync(at('small'), 1000, 2_000_000)
  chmodSync(at('small'), 0o4755)
  symlinkSync('../nowhere/at all', at('symlink'))
  linkSync(at('large'), at('zz-hard-link'))
  if (!options.special) return
  file(`directory/nested/${'d'.repeat(60)}`, 'y', 0o644, 79)
  makeNode(at('null'), { type: 'char', mode: 0o666, major: 1, minor: 3 })
  makeNode(at('disk'), { type: 'block', mode: 0o660, major: 259, minor: 700_000 })
  makeNode(at('fifo'), { type: 'fifo', mode: 0o622 })
  const deep = `deep/${'e'.repeat(70)}/${'f'.repeat(70)}`
  mkdirSync(at(deep), { recursive: true })
  file(`${deep}/leaf`, 'leaf', 0o644, 80)
}

/** What only the GNU and PAX formats can hold. */
export function makeWildTree(root: string): void {
  const at = (name: string) => bytes(`${root}/${name}`)
  const time = (seconds: number, nanoseconds = 0) => ({ atime: { seconds: 5, nanoseconds: 6 }, mtime: { seconds, nanoseconds } })
  const touch = (name: string, ...when: [number, number?]) => {
    writeFileSync(at(name), name)
    setTimes(at(name), time(...when))
  }
  touch('n\xff\xfe not utf-8', 1)
  touch('na\xc3\xafve', 2)
  touch('new\nline\\and "quotes"', 3)
  touch('x'.repeat(255), 4)
  touch('before 1970', -1000)
  touch('far future', 2 ** 33 + 7)
  mkdirSync(at(Array.from({ length: 5 }, (_, i) => String(i).repeat(200)).join('/')), { recursive: true })
  touch('huge owner', 8)
  lchownSync(at('huge owner'), 4_294_967_000, 3_000_000_000)
  symlinkSync(bytes(`\xff${'target/'.repeat(100)}`), at('long symlink'))
  touch('linked', 9)
  linkSync(at('linked'), at(`zz${'z'.repeat(200)}`))
  sparseFile(`${root}/sparse-few`, 1 << 20, 2)
  sparseFile(`${root}/sparse-many`, 5 << 20, 60)
  sparseFile(`${root}/sparse-hole`, 3 << 20, 0)
}

/** What only the PAX format can hold. */
export function addPaxFacts(root: string): void {
  const path = `${root}/xattrs`
  writeFileSync(path, 'x')
  setXattr(path, 'user.text', Buffer.from('value'))
  setXattr(path, 'user.binary', Buffer.from([0, 1, 2, 10, 61, 255, 0]))
  setXattr(path, 'user.empty', Buffer.alloc(0))
  setXattr(path, 'trusted.overlay.opaque', Buffer.from('y'))
  setXattr(path, 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'))
  setXattr(root, 'user.on-directory', Buffer.from('d'))
  setTimes(path, { atime: { seconds: 1, nanoseconds: 1 }, mtime: { seconds: -2, nanoseconds: 123_456_789 } })
}

function deviceNumbers(rdev: bigint): readonly [number, number] {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return [Number(major), Number(minor)]
}

const kinds: readonly (readonly [TarEntryType, bigint])[] = [
  ['file', 0o100000n],
  ['directory', 0o040000n],
  ['symlink', 0o120000n],
  ['char', 0o020000n],
  ['block', 0o060000n],
  ['fifo', 0o010000n],
]

/** What the kernel says of everything below `root`, itself included (as ``), in the order of names. */
export function factsOf(root: string): Map<ByteString, Facts> {
  const found = new Map<ByteString, Facts>()
  const visit = (name: string) => {
    const path = bytes(name === '' ? root : `${root}/${name}`)
    const stat = lstatSync(path, { bigint: true })
    const type = kinds.find(([, bits]) => bits === (stat.mode & 0o170000n))![0]
    const seconds = stat.mtimeNs >= 0n ? stat.mtimeNs / 1_000_000_000n : -((-stat.mtimeNs + 999_999_999n) / 1_000_000_000n)
    found.set(name as ByteString, {
      type,
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtime: { seconds: Number(seconds), nanoseconds: Number(stat.mtimeNs - seconds * 1_000_000_000n) },
      size: type === 'file' ? Number(stat.size) : 0,
      xattrs: new Map(listXattrs(path).map(key => [key, getXattr(path, key)!.toString('hex')])),
      ...(type === 'symlink' && { target: readlinkSync(path, 'latin1') }),
      ...((type === 'char' || type === 'block') && { rdev: deviceNumbers(stat.rdev) }),
      ...(type === 'file' && { content: readFileSync(path) }),
      ...(type !== 'directory' && stat.nlink > 1n && { inode: stat.ino }),
    })
    if (type === 'directory') {
      for (const child of readdirSync(path, 'latin1').sort()) visit(name === '' ? child : `${name}/${child}`)
    }
  }
  visit('')
  return found
}

/** Entries that make the tree of `root` again. */
export function* entriesOf(root: string): Generator<TarInput> {
  const inodes = new Map<bigint, ByteString>()
  for (const [name, fact] of factsOf(root)) {
    const { target, rdev, inode, content, xattrs, ...header } = fact
    const first = inode === undefined ? undefined : inodes.get(inode)
    const common = { ...header, name: (name === '' ? './' : name) as ByteString }
    if (first) yield { header: { ...common, type: 'link', size: 0, linkname: first } }
    else {
      yield {
        header: {
          ...common,
          ...(target !== undefined && { linkname: target as ByteString }),
          ...(rdev && { devmajor: rdev[0], devminor: rdev[1] }),
          xattrs: new Map([...xattrs].map(([key, value]) => [key as ByteString, Buffer.from(value, 'hex')])),
        } satisfies Partial<TarHeader> & Pick<TarHeader, 'name' | 'type'>,
        ...(content && { data: bytesOf(content) }),
      }
    }
    if (inode !== undefined && !first) inodes.set(inode, name)
  }
}
