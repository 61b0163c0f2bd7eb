import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../testdata/serve.ts'

const filters = (value: object) => `filters=${encodeURIComponent(JSON.stringify(value))}`

test('a prune reaches the backend with its filters; others are refused', async t => {
  const calls: unknown[] = []
  const { ask } = await serve(t, {
    images: {
      prune: async given => {
        calls.push(given)
        return { ImagesDeleted: null, SpaceReclaimed: 5 }
      },
    },
  })
  const asked = await ask('POST', `/images/prune?${filters({ dangling: ['false'], 'label!': ['a'] })}`)
  assert.deepEqual(JSON.parse(asked.body), { ImagesDeleted: null, SpaceReclaimed: 5 })
  const refused = await ask('POST', `/images/prune?${filters({ before: ['x'] })}`)
  assert.deepEqual([refused.status, JSON.parse(refused.body)], [400, { message: "invalid filter 'before'" }])
  assert.deepEqual(calls, [
    new Map([
      ['dangling', ['false']],
      ['label!', ['a']],
    ]),
  ])
})
