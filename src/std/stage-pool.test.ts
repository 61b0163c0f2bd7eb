import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStagePool } from './stage-pool.ts'

const doubling = new URL('./testdata/doubling-stage.ts', import.meta.url)

test('every chunk gives one, whoever asks, and the pool works again after a rest', async () => {
  const work = createStagePool(doubling, {}, 2)
  for (let round = 0; round < 3; round++) {
    const asked = Array.from({ length: 40 }, (_, i) => new Uint8Array([i, round]))
    const made = await Promise.all(asked.map(chunk => work(new Uint8Array(chunk))))
    assert.deepEqual(
      made.map(chunk => [...chunk]),
      asked.map(([i, r]) => [i! * 2, r! * 2]),
    )
  }
})

test('a failure is that of the chunks under way; later ones are worked on', async () => {
  const work = createStagePool(doubling, {}, 1)
  await assert.rejects(work(new Uint8Array([255])), /too large/)
  assert.deepEqual([...(await work(new Uint8Array([3])))], [6])
})
