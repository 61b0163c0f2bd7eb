import assert from 'node:assert/strict'
import { test } from 'node:test'
import { release } from './release.ts'

test('a chunk that fills its buffer is given back; parts of a buffer and small chunks are not', () => {
  const large = new Uint8Array(1 << 20)
  release(large)
  assert.equal(large.byteLength, 0)
  assert.equal(large.buffer.detached, true)
  release(large)
  const shared = new Uint8Array(1 << 20)
  release(shared.subarray(1))
  assert.equal(shared.byteLength, 1 << 20)
  const pooled = Buffer.from('text')
  release(pooled)
  assert.equal(pooled.toString(), 'text')
})
