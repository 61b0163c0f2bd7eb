import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import type { TarEntryHead } from './archive.ts'
import { scanHeaders } from './scan-headers.ts'
import { TarScanner } from './scanner.ts'
import { block, END, entry, GNU, long, pax } from './testdata/raw-tar.ts'
import { scan } from './testdata/scan.ts'

function scratch(t: TestContext): number {
  const folder = mkdtempSync(join(tmpdir(), 'strata-archive-'))
  const fd = openSync(join(folder, 'tar'), 'w+')
  t.after(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })
  return fd
}

function headersOf(fd: number, archive: Uint8Array): TarEntryHead[] {
  ftruncateSync(fd, 0)
  writeSync(fd, archive, 0, archive.byteLength, 0)
  const heads: TarEntryHead[] = []
  scanHeaders(fd, head => heads.push(head))
  return heads
}

const map = Buffer.alloc(512)
map.write('1\n0\n700\n')
const part = fc.oneof(
  fc.nat(20_000).map(size => entry({ name: `f${size}` }, Buffer.alloc(size, 'x'))),
  fc.nat(9_000).map(length => Buffer.concat([pax({ path: 'p'.repeat(length + 1) }), entry({ name: 'x' }, 'data')])),
  fc.constantFrom(
    entry({ name: 'link', flag: '1' }),
    Buffer.concat([long('L', 'l'.repeat(600)), entry({ name: 'x', magic: GNU }, 'long')]),
    Buffer.concat([
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 's', 'GNU.sparse.realsize': '9000' }),
      entry({ name: 's' }, Buffer.concat([map, Buffer.alloc(700, 's')])),
    ]),
    Buffer.concat([entry({ name: 'volume', flag: 'V' }, Buffer.alloc(3000, 'v'))]),
    block({ name: 'old/' }),
  ),
)

test('the headers alone say what the whole archive does', t => {
  const fd = scratch(t)
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.constantFrom(END, END.subarray(0, 512), Buffer.alloc(0)),
      (parts, end) => {
        const archive = Buffer.concat([...parts, end])
        assert.deepEqual(
          headersOf(fd, archive),
          scan(archive).map(({ head }) => head),
        )
      },
    ),
    { numRuns: 200 },
  )
})

test('an archive that is cut off is an error, wherever it is', t => {
  const fd = scratch(t)
  const archive = Buffer.concat([entry({ name: 'a' }, Buffer.alloc(20_000)), entry({ name: 'b' }, 'b'.repeat(600))])
  for (const size of [100, 600, 10_000, 20_500, 21_100, 21_600]) {
    assert.throws(
      () => headersOf(fd, archive.subarray(0, size)),
      (error: unknown) => isStrataError(error, 'invalid_argument'),
    )
  }
  assert.equal(headersOf(fd, archive).length, 2)
})

test('only data can be skipped', () => {
  const scanner = new TarScanner({ onEntry: () => {} })
  assert.equal(scanner.ahead, 0)
  assert.throws(() => scanner.skip(1), RangeError)
  const archive = entry({ name: 'a' }, 'data')
  scanner.push(archive.subarray(0, 514))
  assert.equal(scanner.ahead, 510)
  scanner.skip(1)
  scanner.skip(400)
  assert.equal(scanner.ahead, 109)
  assert.throws(() => scanner.skip(110), RangeError)
  scanner.skip(109)
  assert.deepEqual([scanner.ahead, scanner.offset], [0, 1024])
  scanner.push(END)
  assert.equal(scanner.ahead, Number.POSITIVE_INFINITY)
  scanner.finish()
})
