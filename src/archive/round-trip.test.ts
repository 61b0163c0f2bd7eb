import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOf, collect } from '../std/index.ts'
import type { ByteString, TarHeader, Timestamp } from './archive.ts'
import { storedSize } from './format-header.ts'
import { readTar } from './reader.ts'
import { type TarInput, writeTar } from './writer.ts'

const byteString = (maxLength: number, minLength = 0): fc.Arbitrary<ByteString> =>
  fc
    .array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 0x2e, max: 0x7a })), { minLength, maxLength })
    .map(bytes => Buffer.from(bytes).toString('latin1') as ByteString)
const names = fc.oneof(
  byteString(20, 1),
  byteString(300, 1),
  fc.constantFrom('d/', 'x'.repeat(100), `${'x'.repeat(99)}/y`),
)
const id = fc.oneof(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: -1, max: 2 ** 32 - 1 }), fc.maxSafeInteger())
const timestamp: fc.Arbitrary<Timestamp> = fc
  .record({
    seconds: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
    ),
    nanoseconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999_999 })),
  })
  .map(time => ({ ...time }))
const xattrs = fc
  .array(
    fc.tuple(
      byteString(30, 1).filter(name => !name.includes('=')),
      fc.uint8Array({ maxLength: 100 }),
    ),
    { maxLength: 3 },
  )
  .map(pairs => new Map(pairs))
const runs = fc.array(fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 700 })), { maxLength: 40 }).map(pairs => {
  let end = 0
  return pairs.map(([gap, size]) => {
    const offset = end + gap
    end = offset + size
    return { offset, size }
  })
})

const header: fc.Arbitrary<TarHeader> = fc
  .record({
    name: names as fc.Arbitrary<ByteString>,
    type: fc.constantFrom('file', 'file', 'file', 'link', 'symlink', 'char', 'block', 'directory', 'fifo'),
    linkname: fc.oneof(fc.constant('' as ByteString), byteString(20), byteString(150)),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: id,
    gid: id,
    uname: byteString(40),
    gname: byteString(8),
    size: fc.oneof(fc.nat(2000), fc.constantFrom(0, 512, 1024)),
    mtime: timestamp,
    times: fc.option(fc.record({ atime: timestamp, ctime: timestamp }), { nil: {} }),
    devmajor: fc.nat(0o7777777),
    devminor: fc.nat(0o7777777),
    xattrs,
    sparse: fc.option(runs, { nil: undefined }),
  })
  .map(({ times, sparse, ...rest }) => {
    const device = rest.type === 'char' || rest.type === 'block'
    const plain = { ...rest, ...times, ...(device ? {} : { devmajor: 0, devminor: 0 }) } as TarHeader
    if (plain.type !== 'file') return { ...plain, size: 0 }
    if (!sparse) return plain
    const end = (sparse.at(-1)?.offset ?? 0) + (sparse.at(-1)?.size ?? 0)
    return { ...plain, sparse, size: end + plain.size }
  })

/** Bytes that tell where they belong. */
function dataOf(header: TarHeader): Buffer {
  return Buffer.from(Array.from({ length: storedSize(header) }, (_, i) => (i * 31 + header.mode) & 0xff))
}

test('what was written is read back, however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(header, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }),
      async (headers, cuts) => {
        const inputs = headers.map(one => ({ header: one, data: bytesOf(dataOf(one)) }))
        const archive = await collect(writeTar(inputs), 1 << 24)
        async function* cut() {
          for (let at = 0, i = 0; at < archive.byteLength; i++) {
            const end = at + cuts[i % cuts.length]!
            yield archive.subarray(at, end)
            at = end
          }
        }
        let i = 0
        for await (const { data, dataOffset, dataSize, ...found } of readTar(cut())) {
          const expected = headers[i++]!
          assert.deepEqual({ ...found, xattrs: plain(found) }, { ...expected, xattrs: plain(expected) })
          assert.deepEqual(await collect(data, 1 << 20), dataOf(expected))
          assert.deepEqual(archive.subarray(dataOffset, dataOffset + dataSize), dataOf(expected))
        }
        assert.equal(i, headers.length)
        assert.equal(archive.byteLength % 512, 0)
      },
    ),
    { numRuns: 200 },
  )
})

function plain({ xattrs }: TarHeader): Map<string, string> {
  return new Map([...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]))
}

test('the same entries give the same archive, in the form of Docker layers where it is enough', async () => {
  const entries = (): TarInput[] => [
    {
      header: {
        name: 'etc/' as ByteString,
        type: 'directory',
        mode: 0o755,
        mtime: { seconds: 1700000000, nanoseconds: 0 },
      },
    },
    { header: { name: 'etc/hostname' as ByteString, type: 'file', mode: 0o644, size: 2 }, data: bytesOf('h', '\n') },
  ]
  const archive = await collect(writeTar(entries()), 1 << 20)
  assert.deepEqual(await collect(writeTar(entries()), 1 << 20), archive)
  assert.equal(archive.byteLength, 5 * 512)
  assert.equal(
    archive.toString('latin1', 0, 345),
    `${'etc/'.padEnd(100, '\0')}0000755\x000000000\x000000000\x0000000000000\x0014524770400\x00${archive.toString('latin1', 148, 156)}5${'\0'.repeat(100)}ustar\x0000${'\0'.repeat(64)}0000000\x000000000\0`,
  )
  assert.match(archive.toString('latin1', 148, 156), /^[0-7]{6}\0 $/)
})

test('data of another length than the header says', async () => {
  const write = (size: number, data: string) =>
    collect(writeTar([{ header: { name: 'f' as ByteString, type: 'file', size }, data: bytesOf(data) }]), 1 << 20)
  await assert.rejects(write(2, 'abc'), /archive\/tar: write too long: "f"/)
  await assert.rejects(write(4, 'abc'), /archive\/tar: missed writing 1 bytes of "f"/)
})

test('headers that can not be written are refused', async () => {
  const write = (more: Partial<TarHeader>) =>
    collect(writeTar([{ header: { name: 'f' as ByteString, type: 'file', ...more } }]), 1 << 20)
  const value = Buffer.alloc(1)
  for (const more of [
    { name: '' },
    { name: 'a\0b' },
    { linkname: 'a\0b' },
    { size: -1 },
    { size: 1.5 },
    { uid: Number.NaN },
    { type: 'char', devmajor: 2 ** 24 },
    { xattrs: new Map([['user.a=b', value]]) },
    { size: 10, sparse: [{ offset: 5, size: 6 }] },
    { xattrs: new Map([['user.big', Buffer.alloc(1 << 20)]]) },
  ]) {
    await assert.rejects(write(more as Partial<TarHeader>), { code: 'invalid_argument' }, JSON.stringify(more))
  }
})
