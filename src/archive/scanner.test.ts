import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TarEntryHead } from './archive.ts'
import { TarScanner } from './scanner.ts'
import { base256, block, END, entry, GNU, long, pax, paxRecord } from './testdata/raw-tar.ts'
import { scan } from './testdata/scan.ts'

const archive = (...parts: Uint8Array[]) => Buffer.concat([...parts, END])
const heads = (...parts: Uint8Array[]) => scan(archive(...parts)).map(({ head }) => head)
const one = (...parts: Uint8Array[]): TarEntryHead => {
  const all = heads(...parts)
  assert.equal(all.length, 1)
  return all[0]!
}

test('the end: two zero blocks, one, or none; padding may be missing', () => {
  const file = entry({ name: 'a' }, 'data')
  for (const bytes of [
    Buffer.concat([file, END]),
    Buffer.concat([file, END.subarray(0, 512)]),
    file,
    file.subarray(0, 516),
    file.subarray(0, 700),
  ]) {
    assert.deepEqual(scan(bytes), scan(file))
  }
  assert.deepEqual(scan(END), [])
  assert.deepEqual(scan(Buffer.alloc(0)), [])
})

test('what follows the end marker is passed over but counted', () => {
  const bytes = Buffer.concat([entry({ name: 'a' }, 'x'), END, Buffer.from('garbage'), entry({ name: 'b' }, 'y')])
  let entries = 0
  const scanner = new TarScanner({ onEntry: () => entries++ })
  scanner.push(bytes)
  scanner.finish()
  assert.equal(entries, 1)
  assert.equal(scanner.entries, 1)
  assert.equal(scanner.offset, bytes.byteLength)
})

test('offsets are absolute, however the archive is cut into chunks', () => {
  const bytes = archive(
    entry({ name: 'a' }, 'A'.repeat(1000)),
    pax({ path: 'b', 'SCHILY.xattr.user.k': 'v\0w' }),
    entry({ name: 'cut' }, 'B'.repeat(512)),
    long('L', `d/${'e'.repeat(300)}`),
    long('K', 'target'.repeat(50)),
    entry({ name: 'cut', flag: '2', magic: GNU }),
    entry({ name: 'empty' }),
  )
  const whole = scan(bytes)
  assert.deepEqual(
    whole.map(({ head }) => [head.name, head.dataOffset, head.dataSize]),
    [
      ['a', 512, 1000],
      ['b', 512 + 1024 + 1024 + 512, 512],
      [`d/${'e'.repeat(300)}`, 6656 - 512, 0],
      ['empty', 6656, 0],
    ],
  )
  for (const { head, data } of whole) {
    assert.deepEqual(data, bytes.subarray(head.dataOffset, head.dataOffset + head.dataSize))
  }
  assert.equal(whole[2]!.head.linkname, 'target'.repeat(50))
  assert.deepEqual([...whole[1]!.head.xattrs], [['user.k', Buffer.from('v\0w')]])
  for (const step of [1, 7, 511, 512, 513, 1000, 4096]) assert.deepEqual(scan(bytes, step), whole)
})

test('numbers: octal in every padding, empty, base 256 of both signs', () => {
  assert.deepEqual(
    ['0000755\0', '   755 \0', '755\0\0\0\0\0', '755     ', '\0 755 \0\0', '755\0 9zz'].map(
      mode => one(block({ mode })).mode,
    ),
    [0o755, 0o755, 0o755, 0o755, 0o755, 0o755],
  )
  assert.equal(one(block({ mode: '0100644 ' })).mode, 0o644, 'file type bits are no permission bits')
  assert.equal(one(block({ uid: '\0\0\0\0\0\0\0\0' })).uid, 0)
  assert.equal(one(block({ uid: base256(4294967294n, 8) })).uid, 4294967294)
  assert.deepEqual(one(block({ mtime: base256(-2n, 12) })).mtime, { seconds: -2, nanoseconds: 0 })
  assert.deepEqual(one(block({ mtime: base256(-(2n ** 52n), 12) })).mtime, { seconds: -(2 ** 52), nanoseconds: 0 })
  assert.equal(one(block({ flag: '5', size: base256(2n ** 40n, 12) })).size, 0)
})

test('checksums: unsigned and signed sums', () => {
  const raw = block({ name: 'caf\xe9' })
  let signed = 256
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) signed += raw.readInt8(i)
  assert.equal(one(block({ name: 'caf\xe9', checksum: `${signed.toString(8).padStart(6, '0')}\0 ` })).name, 'caf\xe9')
  assert.throws(() => one(block({ checksum: '0000001\0' })), /invalid tar header at offset 0: checksum mismatch/)
})

test('dialects: ustar prefix, star times, GNU times, the prefix of old Go, v7', () => {
  assert.equal(one(block({ name: 'n', at: { 345: 'pre/fix' } })).name, 'pre/fix/n')
  const star = one(block({ name: 'n', at: { 345: 'p', 476: '00000000012', 488: '00000000013', 508: 'tar\0' } }))
  assert.deepEqual([star.name, star.atime?.seconds, star.ctime?.seconds], ['p/n', 10, 11])
  const gnu = one(block({ name: 'n', magic: GNU, at: { 345: '00000000012', 357: '00000000013' } }))
  assert.deepEqual([gnu.name, gnu.atime?.seconds, gnu.ctime?.seconds], ['n', 10, 11])
  const oldGo = one(block({ name: 'n', magic: GNU, at: { 345: 'some/long/prefix' } }))
  assert.deepEqual([oldGo.name, oldGo.atime], ['some/long/prefix/n', undefined])
  const v7 = one(block({ name: 'n', magic: '\0'.repeat(8), uname: 'nobody', at: { 345: 'junk' } }))
  assert.deepEqual([v7.name, v7.uname], ['n', ''])
})

test('type flags: old files, old directories, contiguous files, devices', () => {
  const types = (header: object) => one(block(header)).type
  assert.equal(types({ flag: '\0' }), 'file')
  assert.equal(types({ flag: '\0', name: 'd/' }), 'directory')
  assert.equal(types({ flag: '7' }), 'file')
  assert.equal(types({ flag: '6' }), 'fifo')
  const device = one(block({ flag: '4', devmajor: '0000010', devminor: '0000021' }))
  assert.deepEqual([device.type, device.devmajor, device.devminor], ['block', 8, 17])
  assert.equal(one(block({ flag: '0', devmajor: 'garbage' })).devmajor, 0)
})

test('a size of links and directories is ignored: no data follow', () => {
  for (const flag of ['1', '2', '3', '4', '5', '6']) {
    const [first, second] = heads(block({ flag, size: 1000 }), block({ name: 'next' }))
    assert.deepEqual([first!.size, first!.dataSize, second!.name], [0, 0, 'next'])
  }
})

test('PAX records override the block; empty values do not', () => {
  const head = one(
    pax({
      path: 'na\xc3\xafve',
      linkpath: '',
      uid: '3000000000',
      gid: '-1',
      uname: 'u'.repeat(40),
      gname: '',
      mtime: '-1.5',
      atime: '1.0000000019',
      ctime: '12.',
      comment: 'no matter',
    }),
    entry({ flag: '2', linkname: 'kept', gname: 'kept', uid: '0000001' }),
  )
  assert.deepEqual(
    { ...head, xattrs: [...head.xattrs] },
    {
      name: 'na\xc3\xafve',
      type: 'symlink',
      linkname: 'kept',
      mode: 0o644,
      uid: 3000000000,
      gid: -1,
      uname: 'u'.repeat(40),
      gname: 'kept',
      size: 0,
      mtime: { seconds: -2, nanoseconds: 500_000_000 },
      atime: { seconds: 1, nanoseconds: 1 },
      ctime: { seconds: 12, nanoseconds: 0 },
      devmajor: 0,
      devminor: 0,
      xattrs: [],
      dataOffset: 1536,
      dataSize: 0,
    },
  )
})

test('PAX size counts, also beyond what octal can say', () => {
  const [first, second] = scan(
    archive(
      pax({ size: '3' }),
      Buffer.concat([block({ size: 0 }), Buffer.from('abc'), Buffer.alloc(509)]),
      block({ name: 'next' }),
    ),
  )
  assert.equal(first!.data.toString(), 'abc')
  assert.equal(second!.head.name, 'next')
})

test('a global header holds for all that follows, but not what belongs to one file', () => {
  const global = pax({ uname: 'all', mtime: '7', path: 'evil', size: '9', 'SCHILY.xattr.user.a': '1' }, 'g')
  const [a, b, c, d] = heads(
    global,
    block({ name: 'a' }),
    pax({ uname: 'own' }),
    block({ name: 'b' }),
    pax({ uname: '' }, 'g'),
    block({ name: 'c', uname: 'block' }),
    pax({ mtime: '' }),
    block({ name: 'd', mtime: '00000000001' }),
  )
  assert.deepEqual([a!.name, a!.uname, a!.mtime.seconds, a!.size], ['a', 'all', 7, 0])
  assert.deepEqual([...a!.xattrs.keys()], ['user.a'])
  assert.deepEqual([b!.uname, b!.mtime.seconds], ['own', 7])
  assert.equal(c!.uname, 'block')
  assert.equal(d!.mtime.seconds, 1)
})

test('xattrs: SCHILY raw, also empty; LIBARCHIVE decoded where SCHILY is missing', () => {
  const { xattrs } = one(
    pax({
      'SCHILY.xattr.user.raw': 'a=b\nc\0\xff',
      'SCHILY.xattr.user.empty': '',
      'SCHILY.xattr.user.both': 'schily',
      'LIBARCHIVE.xattr.user.both': Buffer.from('libarchive').toString('base64'),
      'LIBARCHIVE.xattr.user.%C3%A9%3D': Buffer.from([0, 255]).toString('base64').replace(/=+$/, ''),
    }),
    block({}),
  )
  assert.deepEqual(
    new Map(xattrs),
    new Map<string, Buffer>([
      ['user.raw', Buffer.from('a=b\nc\0\xff', 'latin1')],
      ['user.empty', Buffer.alloc(0)],
      ['user.both', Buffer.from('schily')],
      ['user.\xc3\xa9=', Buffer.from([0, 255])],
    ]),
  )
})

test('extension headers: the long name wins over PAX, later over earlier, and each holds for one entry', () => {
  const [a, b] = heads(
    long('L', 'first'),
    long('L', 'second'),
    pax({ path: 'from pax', uname: 'gone' }),
    pax({ path: 'from pax', gname: 'g' }),
    block({ name: 'a' }),
    block({ name: 'b' }),
  )
  assert.deepEqual([a!.name, a!.uname, a!.gname], ['second', '', 'g'])
  assert.deepEqual([b!.name, b!.gname], ['b', ''])
})

test('volume labels and the like are skipped with their data', () => {
  for (const flag of ['V', 'M', 'N', 'X']) {
    const [only] = scan(archive(entry({ flag }, 'x'.repeat(700)), entry({ name: 'a' }, 'data')))
    assert.deepEqual([only!.head.name, only!.data.toString()], ['a', 'data'])
  }
})

test('sparse files: old GNU with extension blocks, PAX 0.0, 0.1 and 1.0', () => {
  const runs = Array.from({ length: 30 }, (_, i) => ({ offset: i * 1000, size: i + 1 }))
  const stored = runs.reduce((sum, run) => sum + run.size, 0)
  const data = Buffer.alloc(stored, 'd')
  const expected = { size: 40_000, dataSize: stored, sparse: runs }
  const field = (value: number) => `${value.toString(8).padStart(11, '0')}\0`
  const fields = (from: number, to: number) =>
    runs
      .slice(from, to)
      .map(run => field(run.offset) + field(run.size))
      .join('')
  const extension = (text: string, more: boolean) => {
    const raw = Buffer.alloc(512)
    raw.write(text, 'latin1')
    raw[504] = more ? 1 : 0
    return raw
  }
  const old = Buffer.concat([
    block({ flag: 'S', magic: GNU, size: stored, at: { 386: fields(0, 4), 482: '\x01', 483: field(40_000) } }),
    extension(fields(4, 25), true),
    extension(fields(25, 30), false),
    data,
    Buffer.alloc(-stored & 511),
  ])
  const pairs = runs.flatMap(run => [run.offset, run.size])
  const zero = Buffer.concat([
    entry(
      { flag: 'x' },
      paxRecord('GNU.sparse.size', '40000') +
        paxRecord('GNU.sparse.numblocks', '30') +
        runs
          .map(run => paxRecord('GNU.sparse.offset', `${run.offset}`) + paxRecord('GNU.sparse.numbytes', `${run.size}`))
          .join(''),
    ),
    entry({}, data),
  ])
  const first = Buffer.concat([
    pax({
      'GNU.sparse.size': '40000',
      'GNU.sparse.numblocks': '30',
      'GNU.sparse.name': 'file',
      'GNU.sparse.map': pairs.join(),
    }),
    entry({ name: 'GNUSparseFile.1/file' }, data),
  ])
  const map = Buffer.alloc(512)
  map.write(`${[30, ...pairs].join('\n')}\n`)
  const second = Buffer.concat([
    pax({
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'file',
      'GNU.sparse.realsize': '40000',
    }),
    entry({ name: 'GNUSparseFile.1/file' }, Buffer.concat([map, data])),
  ])
  for (const sparse of [old, zero, first, second]) {
    const bytes = archive(sparse, block({ name: 'next' }))
    for (const step of [bytes.byteLength, 100]) {
      const [file, next] = scan(bytes, step)
      const { size, dataSize, sparse: found, name, dataOffset } = file!.head
      assert.deepEqual({ size, dataSize, sparse: found }, expected)
      assert.equal(name, 'file')
      assert.deepEqual(bytes.subarray(dataOffset, dataOffset + dataSize), data)
      assert.deepEqual(file!.data, data)
      assert.equal(next!.head.name, 'next')
    }
  }
})

test('an unknown sparse version is a plain file', () => {
  const [file] = scan(archive(pax({ 'GNU.sparse.major': '2', 'GNU.sparse.minor': '0' }), entry({}, 'data')))
  assert.deepEqual([file!.head.sparse, file!.data.toString()], [undefined, 'data'])
})

test('a scanner that failed stays failed with the same error', () => {
  const scanner = new TarScanner({ onEntry: () => {} })
  let failure: unknown
  try {
    scanner.push(Buffer.alloc(512, 'x'))
  } catch (error) {
    failure = error
  }
  assert.ok(failure)
  assert.throws(
    () => scanner.push(END),
    error => error === failure,
  )
  assert.throws(
    () => scanner.finish(),
    error => error === failure,
  )
})
