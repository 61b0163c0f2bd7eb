import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Filters } from '../../apitypes/index.ts'
import { serve } from '../testdata/serve.ts'

test('older clients filter the list by a parameter of its own', async t => {
  const asked: Filters[] = []
  const { ask } = await serve(t, {
    images: {
      list: async ({ filters }) => {
        asked.push(filters)
        return []
      },
    },
  })
  const given = encodeURIComponent(JSON.stringify({ reference: ['a'], label: ['l'] }))
  await ask('GET', '/v1.40/images/json?filter=x*')
  await ask('GET', `/v1.24/images/json?filter=x*&filters=${given}`)
  await ask('GET', '/v1.41/images/json?filter=x*')
  await ask('GET', '/v1.40/images/json?filter=')
  assert.deepEqual(asked, [
    new Map([['reference', ['x*']]]),
    new Map([
      ['reference', ['a', 'x*']],
      ['label', ['l']],
    ]),
    new Map(),
    new Map(),
  ])
})
