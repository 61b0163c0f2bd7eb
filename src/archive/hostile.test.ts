import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStrataError } from '../std/index.ts'
import { base256, block, END, entry, GNU, long, padded, pax } from './testdata/raw-tar.ts'
import { scan } from './testdata/scan.ts'

function refused(archive: Uint8Array, message: RegExp): void {
  for (const step of [archive.byteLength, 333]) {
    assert.throws(
      () => scan(archive, step),
      error => isStrataError(error, 'invalid_argument') && message.test(error.message),
    )
  }
}
const sparsePax = (map: string, runs: number, size: string) =>
  pax({ 'GNU.sparse.size': size, 'GNU.sparse.numblocks': `${runs}`, 'GNU.sparse.name': 'f', 'GNU.sparse.map': map })
const sparse1 = (realsize: string) =>
  pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'f', 'GNU.sparse.realsize': realsize })

test('names are reported as they stand', () => {
  const names = ['../../etc/passwd', '/etc/passwd', 'a/../../b', './/x//', 'evil\nname', '\xff\xfe']
  assert.deepEqual(
    scan(Buffer.concat([...names.map(name => block({ name })), END])).map(({ head }) => head.name),
    names,
  )
})

test('sizes that no archive has', () => {
  refused(block({ size: base256(-1n, 12) }), /offset 0: size is negative/)
  refused(block({ size: base256(2n ** 63n - 1n, 12) }), /size is too large/)
  refused(block({ size: base256(2n ** 63n, 12) }), /size is too large/)
  refused(block({ size: base256(2n ** 53n - 2n, 12) }), /size is too large/)
  refused(Buffer.concat([pax({ size: '9223372036854775807' }), block({})]), /offset 1024: size is too large/)
  refused(Buffer.concat([pax({ size: '-5' }), block({})]), /size is negative/)
  refused(Buffer.concat([pax({ size: '0x10' }), block({})]), /size is not a number/)
  refused(block({ size: base256(9n << 30n, 12) }), /unexpected EOF.* offset 512/)
  refused(block({ flag: 'x', size: base256(-1n, 12) }), /size is negative/)
})

test('numbers that are none', () => {
  refused(block({ mode: '00008' }), /mode is not a number/)
  refused(block({ uid: '12 34' }), /uid is not a number/)
  refused(block({ mtime: '+1' }), /mtime is not a number/)
  for (const [key, value] of [
    ['mtime', '1.5x'],
    ['mtime', '.5'],
    ['mtime', '1e9'],
    ['uid', ' 1'],
    ['gid', '99999999999999999999'],
  ] as const) {
    refused(Buffer.concat([pax({ [key]: value }), block({})]), new RegExp(`${key} is `))
  }
})

test('truncation at every offset of an archive', () => {
  const archive = Buffer.concat([
    pax({ path: 'long' }),
    entry({ name: 'short' }, 'data'),
    long('L', 'longer'),
    entry({ name: 'x', magic: GNU }),
  ])
  const ends = new Set([0, ...Array.from({ length: 513 - 4 }, (_, i) => 1536 + 4 + i), archive.byteLength])
  for (let end = 0; end <= archive.byteLength; end++) {
    if (ends.has(end)) scan(archive.subarray(0, end))
    else {
      assert.throws(
        () => scan(archive.subarray(0, end)),
        error => isStrataError(error, 'invalid_argument'),
        `cut at ${end}`,
      )
    }
  }
})

test('a thousand extension headers in a row are read one by one, and an archive of nothing else is refused', () => {
  const chain = Array.from({ length: 1000 }, (_, i) => long('L', `name-${i}`))
  assert.equal(scan(Buffer.concat([...chain, block({ magic: GNU })]))[0]!.head.name, 'name-999')
  refused(Buffer.concat([...chain, END]), /an extension header without an entry/)
  refused(Buffer.concat(chain), /unexpected EOF/)
})

test('extension headers are limited, before anything is allocated', () => {
  for (const flag of ['x', 'g', 'L', 'K']) {
    refused(block({ flag, size: 2 ** 31 }), /extension header of 2147483648 bytes is too large/)
    refused(block({ flag, size: 2 ** 20 + 1 }), /too large/)
  }
  const name = 'n'.repeat(2 ** 20 - 1)
  assert.equal(scan(Buffer.concat([long('L', name), block({ magic: GNU })]))[0]!.head.name.length, name.length)
})

test('PAX records with lengths that lie', () => {
  const bad = (data: string, message: RegExp) =>
    refused(Buffer.concat([entry({ flag: 'x' }, data), block({})]), message)
  bad('9 path=a\n9', /PAX record has no length/)
  bad('path=a\n', /no length/)
  bad('-9 path=a\n', /no length/)
  bad('99 path=a\n', /length is wrong/)
  bad('0 path=a\n', /length is wrong/)
  bad('4294967305 path=a\n', /length is wrong/)
  bad('00000000000009 path=a\n', /no length/)
  bad('8 path=a\n', /does not end in a newline/)
  bad('10 path=ab', /does not end in a newline/)
  bad('9 path_a\n', /has no value/)
  bad('12 path=a\0b\n', /contains a NUL/)
  bad('10 pa\0h=a\n', /contains a NUL/)
})

test('sparse maps that overlap, go back, leave the file or do not add up', () => {
  const old = (map: string, size = '00000000100\0') =>
    block({ flag: 'S', magic: GNU, size: 20, at: { 386: map, 483: size } })
  const run = (offset: number, size: number) =>
    [offset, size].map(value => `${value.toString(8).padStart(11, '0')}\0`).join('')
  refused(Buffer.concat([old(run(0, 10) + run(5, 10)), padded('x'.repeat(20))]), /overlaps or is out of order/)
  refused(Buffer.concat([old(run(30, 10) + run(0, 10)), padded('x'.repeat(20))]), /overlaps or is out of order/)
  refused(Buffer.concat([old(run(60, 20)), padded('x'.repeat(20))]), /beyond the end of the file/)
  refused(Buffer.concat([old(run(0, 10)), padded('x'.repeat(20))]), /does not add up/)
  refused(old(run(0, 20), '0000000z100\0'), /sparse file size is not a number/)
  refused(block({ flag: 'S', size: 0 }), /sparse file in a header that is not GNU/)
  refused(Buffer.concat([sparsePax('0,5,-9,5', 2, '100'), entry({}, 'x'.repeat(10))]), /negative number|out of order/)
  refused(Buffer.concat([sparsePax('0,5', 2, '100'), entry({}, 'x'.repeat(5))]), /wrong number of runs/)
  refused(Buffer.concat([sparsePax('0,5,9', 1, '100'), entry({}, 'x'.repeat(5))]), /wrong number of runs/)
  refused(Buffer.concat([sparsePax('0,5', 1, '-100'), entry({}, 'x'.repeat(5))]), /negative size/)
  refused(Buffer.concat([sparsePax('0,9007199254740991', 1, '9007199254740991'), entry({}, 'x')]), /does not add up/)
  refused(
    Buffer.concat([entry({ flag: 'x' }, '24 GNU.sparse.numbytes=1\n'.replace('24', '25')), entry({}, 'x')]),
    /sparse records are out of order/,
  )
})

test('sparse maps before the data that never end, count too much or are no numbers', () => {
  refused(Buffer.concat([sparse1('100'), entry({}, '1\n0\n')]), /longer than the stored data/)
  refused(Buffer.concat([sparse1('100'), entry({}, '9'.repeat(512))]), /not a list of numbers/)
  refused(Buffer.concat([sparse1('100'), entry({}, '1\nx\n'.padEnd(512, '\0'))]), /sparse map is not a number/)
  refused(Buffer.concat([sparse1('100'), entry({}, '1000001\n'.padEnd(1024, '0\n'))]), /more than 1000000 runs/)
  refused(Buffer.concat([sparse1('100'), entry({}, '300\n'.padEnd(1024, '0\n'))]), /longer than the stored data/)
})

test('a sparse file may be larger than any disk', () => {
  const [file] = scan(Buffer.concat([sparsePax('1000,1', 1, `${2 ** 50}`), entry({}, 'x')]))
  assert.deepEqual([file!.head.size, file!.head.dataSize], [2 ** 50, 1])
})

test('unknown types are refused by name', () => {
  for (const flag of ['A', 'D', 'E', 'Z', '8', '\x80']) {
    refused(
      block({ name: 'odd "one"', flag }),
      new RegExp(`unhandled tar header type ${flag.charCodeAt(0)} of "odd \\\\"one\\\\""`),
    )
  }
})

test('what is no tar at all', () => {
  refused(Buffer.alloc(512, 'x'), /offset 0: checksum/)
  refused(Buffer.concat([Buffer.alloc(512), block({})]), /a header after a single zero block/)
  refused(Buffer.from('short'), /unexpected EOF.* offset 5/)
})
