import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanSize } from './human-size.ts'

test('sizes are as Docker writes them', () => {
  assert.deepEqual(
    [0, 999, 1000, 32_768, 1_234_567, 999_999_999, 5e12, 2e18, -1500].map(bytes => humanSize(bytes)),
    ['0B', '999B', '1kB', '32.77kB', '1.235MB', '1000MB', '5TB', '2000PB', '-1.5kB'],
  )
  assert.deepEqual(
    [117_123_456, 1_600_000_000].map(bytes => humanSize(bytes, 3)),
    ['117MB', '1.6GB'],
  )
})
