import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_BYTES, release, takeBlock, takeSpare } from './blocks.ts'

test('a chunk that fills its buffer is given back; parts of a buffer and small chunks are not', () => {
  for (const size of [BLOCK_BYTES, BLOCK_BYTES / 2]) {
    const large = new Uint8Array(size)
    release(large)
    assert.equal(large.byteLength, 0)
    assert.equal(large.buffer.detached, true)
    release(large)
  }
  const shared = new Uint8Array(BLOCK_BYTES)
  release(shared.subarray(1))
  assert.equal(shared.byteLength, BLOCK_BYTES)
  const pooled = Buffer.from('text')
  release(pooled)
  assert.equal(pooled.toString(), 'text')
})

test('a block that was given back is the next one; no two have it', () => {
  const first = takeBlock()
  first.fill(7)
  release(first)
  const second = takeBlock()
  assert.deepEqual([second.byteLength, second[0], second[BLOCK_BYTES - 1]], [BLOCK_BYTES, 7, 7])
  second.fill(8)
  const third = takeBlock()
  third.fill(9)
  assert.equal(second.indexOf(9), -1)
})

test('no more than a few blocks are kept', () => {
  for (const block of Array.from({ length: 20 }, takeBlock)) release(block)
  let kept = 0
  while (takeSpare()) kept++
  assert.equal(kept, 8)
})
