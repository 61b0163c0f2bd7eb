import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Volume } from '../../apitypes/index.ts'
import { serve } from '../testdata/serve.ts'

const volume: Volume = {
  CreatedAt: '2026-01-01T00:00:00Z',
  Driver: 'local',
  Labels: null,
  Mountpoint: '/data/volumes/data/_data',
  Name: 'data',
  Options: null,
  Scope: 'local',
}
const encoded = (filters: object) => encodeURIComponent(JSON.stringify(filters))

test('a volume is created from what the body says, and from nothing', async t => {
  const calls: unknown[] = []
  const { ask, post } = await serve(t, {
    volumes: {
      create: async request => {
        calls.push(request)
        return volume
      },
    },
  })
  const created = await post('/volumes/create', { Name: 'data', Labels: { a: 'b' } })
  assert.equal(created.status, 201)
  assert.deepEqual(JSON.parse(created.body), volume)
  assert.equal((await ask('POST', '/volumes/create')).status, 201)
  assert.deepEqual(calls, [
    { Driver: '', DriverOpts: null, Labels: { a: 'b' }, Name: 'data' },
    { Driver: '', DriverOpts: null, Labels: null, Name: '' },
  ])
  const wrong = await post('/volumes/create', { Name: 3 })
  assert.equal(wrong.status, 400)
  const text = 'invalid JSON: json: cannot unmarshal number into Go struct field CreateOptions.Name of type string'
  assert.deepEqual(JSON.parse(wrong.body), { message: text })
  const cluster = await post('/volumes/create', { Name: 'data', ClusterVolumeSpec: {} })
  assert.equal(cluster.status, 503)
  assert.match(cluster.body, /^\{"message":"This node is not a swarm manager\./)
  assert.equal(calls.length, 2)
})

test('lists, removals and prunes reach the backend; older clients prune all', async t => {
  const calls: unknown[] = []
  const { ask } = await serve(t, {
    volumes: {
      list: async filters => {
        calls.push(filters)
        return { Volumes: [volume], Warnings: null }
      },
      remove: async (name, options) => {
        calls.push([name, options])
      },
      prune: async filters => {
        calls.push(filters)
        return { VolumesDeleted: [], SpaceReclaimed: 0 }
      },
    },
  })
  const listed = await ask('GET', `/volumes?filters=${encoded({ name: ['da'], dangling: ['1'] })}`)
  assert.deepEqual(JSON.parse(listed.body), { Volumes: [volume], Warnings: null })
  assert.equal((await ask('DELETE', '/volumes/data?force=1')).status, 204)
  await ask('POST', '/v1.42/volumes/prune')
  await ask('POST', '/v1.41/volumes/prune')
  await ask('POST', `/v1.41/volumes/prune?filters=${encoded({ all: ['false'] })}`)
  assert.deepEqual(calls, [
    new Map([
      ['name', ['da']],
      ['dangling', ['1']],
    ]),
    ['data', { force: true }],
    new Map(),
    new Map([['all', ['true']]]),
    new Map([['all', ['false', 'true']]]),
  ])
  for (const [method, path, key] of [
    ['GET', '/volumes', 'scope'],
    ['GET', '/volumes', 'label!'],
    ['POST', '/volumes/prune', 'until'],
  ] as const) {
    const refused = await ask(method, `${path}?filters=${encoded({ [key]: ['x'] })}`)
    assert.equal(refused.status, 400)
    assert.deepEqual(JSON.parse(refused.body), { message: `invalid filter '${key}'` })
  }
})
