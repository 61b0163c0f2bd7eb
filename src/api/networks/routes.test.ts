import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../testdata/serve.ts'

test('lists and inspections reach the backend, with containers in lists for clients before 1.28', async t => {
  const calls: unknown[] = []
  const { ask } = await serve(t, {
    networks: {
      list: async options => {
        calls.push(options)
        return []
      },
      inspect: async (...args) => {
        calls.push(args)
        return {} as never
      },
    },
  })
  const filters = encodeURIComponent('{"name":{"bridge":true}}')
  assert.equal((await ask('GET', `/networks?filters=${filters}`)).body, '[]\n')
  await ask('GET', '/v1.27/networks')
  await ask('GET', '/networks/')
  await ask('GET', '/networks/bridge?verbose=true')
  await ask('GET', '/networks/bridge?scope=swarm')
  assert.deepEqual(calls, [
    { filters: new Map([['name', ['bridge']]]), detailed: false },
    { filters: new Map(), detailed: true },
    { filters: new Map(), detailed: false },
    ['bridge', {}],
    ['bridge', { scope: 'swarm' }],
  ])
  const refused = await ask('GET', '/networks/bridge?verbose=x')
  assert.equal(refused.status, 400)
  const text = 'invalid value for verbose: x: strconv.ParseBool: parsing "x": invalid syntax'
  assert.deepEqual(JSON.parse(refused.body), { message: text })
})
