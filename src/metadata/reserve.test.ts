import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { errnoOf, isDiskFull } from '../std/index.ts'
import { openMetadata } from './index.ts'

/** A disk of 12 MiB. */
function newDisk(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'strata-reserve-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder])
  t.after(() => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Takes all that is free. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    assert.equal(errnoOf(error), 'ENOSPC')
  } finally {
    closeSync(file)
  }
}

const large = 'x'.repeat(64 * 1024)

test('on a full disk records are still written, for a while, and again when there is room', t => {
  const folder = newDisk(t)
  using store = openMetadata(join(folder, 'metadata.db'))
  const table = store.table<string>('things')
  table.put('old', large)
  fill(join(folder, 'filler'))
  table.put('one', large)
  store.transaction(() => {
    table.put('two', large)
    table.put('three', large)
  })
  assert.equal(table.delete('old'), true)
  assert.deepEqual(
    [...table.entries()].map(([key]) => key),
    ['one', 'three', 'two'],
  )
  assert.equal(existsSync(join(folder, 'metadata.db-reserve')), false)

  let written = 0
  const endlessly = () => {
    for (; ; written++) table.put(`more ${written}`, large)
  }
  assert.throws(endlessly, error => isDiskFull(error))
  assert.ok(written > 4, `${written}`)
  const before = table.count()
  assert.throws(() => store.transaction(endlessly), isDiskFull)
  assert.equal(table.count(), before)
  assert.deepEqual(store.problems(), [])

  rmSync(join(folder, 'filler'))
  table.put('after', large)
  assert.equal(table.get('after'), large)
})

test('a store on a full disk opens without a reserve', t => {
  const folder = newDisk(t)
  const path = join(folder, 'metadata.db')
  openMetadata(path)[Symbol.dispose]()
  rmSync(`${path}-reserve`)
  writeFileSync(join(folder, 'filler'), '')
  fill(join(folder, 'filler'))
  using store = openMetadata(path)
  assert.equal(store.table('things').count(), 0)
  assert.equal(existsSync(`${path}-reserve`), false)
})
