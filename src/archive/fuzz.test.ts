import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StrataError } from '../std/index.ts'
import type { TarEntryHead } from './archive.ts'
import { TarScanner } from './scanner.ts'
import { block, END, entry, GNU, long, pax } from './testdata/raw-tar.ts'

const map = Buffer.alloc(512)
map.write('2\n0\n5\n100\n5\n')
const valid = Buffer.concat([
  entry({ name: 'plain' }, 'data'.repeat(200)),
  pax({ path: 'p', mtime: '1.5', uid: '70000', 'SCHILY.xattr.user.a': 'v' }),
  entry({ name: 'x' }, 'more'),
  pax({ uname: 'all' }, 'g'),
  long('L', 'name'.repeat(40)),
  long('K', 'link'.repeat(40)),
  block({ flag: '2', magic: GNU }),
  block({ flag: 'S', magic: GNU, at: { 482: '\x01', 483: '00000000100\0' } }),
  Buffer.alloc(512),
  pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'f', 'GNU.sparse.realsize': '200' }),
  entry({ name: 's' }, Buffer.concat([map, Buffer.alloc(10, 's')])),
  entry({ flag: '3', devmajor: '0000001', devminor: '0000003' }),
  END,
])

/** What must hold for any bytes at all. */
function survives(bytes: Uint8Array, step: number): string[] {
  const heads: TarEntryHead[] = []
  let data = 0
  const scanner = new TarScanner({
    onEntry: head => {
      assert.ok(Number.isSafeInteger(head.dataOffset) && Number.isSafeInteger(head.dataSize) && head.dataSize >= 0)
      assert.ok(head.dataOffset >= (heads.at(-1)?.dataOffset ?? 0) + (heads.at(-1)?.dataSize ?? 0))
      heads.push(head)
      data = 0
    },
    onData: chunk => {
      data += chunk.byteLength
      assert.ok(data <= heads.at(-1)!.dataSize)
    },
  })
  try {
    for (let at = 0; at < bytes.byteLength; at += step) scanner.push(bytes.subarray(at, at + step))
    scanner.finish()
    for (const head of heads) assert.ok(head.dataOffset + head.dataSize <= bytes.byteLength)
  } catch (error) {
    assert.ok(error instanceof StrataError && error.code === 'invalid_argument', String(error))
  }
  assert.equal(scanner.entries, heads.length)
  return heads.map(head => `${head.type} ${head.name} ${head.dataOffset} ${head.dataSize}`)
}

/** Makes the checksums of what look like headers right again, so that mutations get beyond them. */
function resealed(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at + 512 <= bytes.byteLength; at += 512) {
    const raw = bytes.subarray(at, at + 512)
    if (Buffer.from(raw).toString('latin1', 257, 262) !== 'ustar') continue
    let sum = 256
    for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += raw[i]!
    raw.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  }
  return bytes
}

test('the archive that is mutated below is good', () => {
  assert.equal(survives(valid, valid.byteLength).length, 6)
})

test('mutated archives fail cleanly, and in the same way however they are cut', () => {
  const mutation = fc.record({
    at: fc.nat(valid.byteLength - 1),
    byte: fc.oneof(fc.nat(255), fc.integer({ min: 0x30, max: 0x39 })),
  })
  fc.assert(
    fc.property(
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      fc.nat(valid.byteLength),
      fc.boolean(),
      fc.integer({ min: 1, max: 2000 }),
      (mutations, cut, keepChecksums, step) => {
        const bytes = Buffer.from(valid)
        for (const { at, byte } of mutations) bytes[at] = byte
        const mutated = (keepChecksums ? bytes : resealed(bytes)).subarray(0, cut % 3 === 0 ? cut : undefined)
        assert.deepEqual(survives(mutated, step), survives(mutated, Math.max(1, mutated.byteLength)))
      },
    ),
    { numRuns: 3000 },
  )
})

test('random fields in every kind of header fail cleanly', () => {
  const field = fc.oneof(
    fc.constantFrom('', '7777777', '00000000012', '\x80', '\xff'.repeat(12), '\x80'.padEnd(12, '\x7f')),
    fc.string({ maxLength: 12 }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...'\x0001234567SxgLKVMNXA'),
      fc.constantFrom(GNU, undefined),
      fc.record({ size: field, mode: field, uid: field, mtime: field }),
      fc.uint8Array({ maxLength: 2000 }),
      (flag, magic, fields, rest) => {
        const bytes = Buffer.concat([block({ flag, ...(magic && { magic }), ...fields }), rest])
        survives(bytes, 100)
      },
    ),
    { numRuns: 2000 },
  )
})

test('random extension headers and sparse maps fail cleanly', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'path',
      'size',
      'mtime',
      'GNU.sparse.map',
      'GNU.sparse.major',
      'GNU.sparse.minor',
      'GNU.sparse.numblocks',
      'GNU.sparse.realsize',
    ),
    fc.constantFrom('LIBARCHIVE.xattr.a%', 'SCHILY.xattr.', 'GNU.sparse.offset', 'GNU.sparse.numbytes'),
  )
  const value = fc.oneof(
    fc.nat(3).map(String),
    fc.constantFrom('0,1', '1,2,3,4', ',', '-1', ''),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.dictionary(word, value, { maxKeys: 6 }), fc.string({ maxLength: 600 }), (records, data) => {
      survives(Buffer.concat([pax(records), entry({}, Buffer.from(data)), END]), 300)
    }),
    { numRuns: 2000 },
  )
})
