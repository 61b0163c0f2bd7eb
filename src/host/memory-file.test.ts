import assert from 'node:assert/strict'
import { closeSync, readFileSync, readSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { openMemoryFile } from './memory-file.ts'

test('a file in memory keeps what is written to it, at any offset', () => {
  const fd = openMemoryFile('trial')
  writeSync(fd, 'words', 10)
  assert.equal(readSync(fd, Buffer.alloc(100), 0, 100, 0), 15)
  assert.equal(readFileSync(`/proc/self/fd/${fd}`).subarray(10).toString(), 'words')
  closeSync(fd)
})
