import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../testdata/serve.ts'

test('what needs a swarm is answered by an engine that is in none', async t => {
  const { ask } = await serve(t)
  const text =
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
  for (const path of [
    '/swarm',
    '/nodes',
    '/nodes/x',
    '/services/x',
    '/services/x/logs',
    '/tasks',
    '/secrets',
    '/configs',
  ]) {
    const { status, body } = await ask('GET', path)
    assert.equal(status, 503, path)
    assert.deepEqual(JSON.parse(body), { message: text })
  }
  assert.equal((await ask('POST', '/services/create')).status, 503)
  assert.equal((await ask('POST', '/swarm/leave')).body, '{"message":"This node is not part of a swarm"}\n')
  assert.equal((await ask('POST', '/swarm/init')).status, 501)
})
