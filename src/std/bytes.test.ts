import assert from 'node:assert/strict'
import { test } from 'node:test'
import { madeAhead } from './bytes.ts'

test('the next chunk is made while one is used, and no more', async () => {
  let made = 0
  let ended = false
  async function* chunks() {
    try {
      for (; made < 5; ) yield Uint8Array.of(++made)
    } finally {
      ended = true
    }
  }
  const seen: number[] = []
  for await (const [value] of madeAhead(chunks())) {
    seen.push(value!)
    await new Promise(setImmediate)
    assert.equal(made, Math.min(seen.length + 1, 5))
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5])
  assert.ok(ended)
})

test('who leaves early ends the source, and a failure that nobody waits for is none', async () => {
  let ended = false
  async function* failing() {
    try {
      yield Uint8Array.of(1)
      throw new Error('no such sector')
    } finally {
      ended = true
    }
  }
  for await (const _ of madeAhead(failing())) break
  assert.ok(ended)
  const rest = madeAhead(failing())
  assert.equal((await rest.next()).done, false)
  await assert.rejects(rest.next(), /no such sector/)
})
