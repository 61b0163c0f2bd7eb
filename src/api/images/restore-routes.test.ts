import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StrataError } from '../../std/index.ts'
import { serve } from '../testdata/serve.ts'

test('what was removed is listed and restored by name', async t => {
  const asked: string[] = []
  const { ask } = await serve(t, {
    images: {
      removed: async () => [],
      restore: async name => {
        asked.push(name)
        if (name === 'gone') throw new StrataError('not_found', 'No such removed image: gone')
        return { Id: 'sha256:1', Names: [name], Left: [] }
      },
    },
  })
  assert.equal((await ask('GET', '/strata/images/removed')).body, '[]\n')
  const restored = await ask('POST', '/strata/images/restore?name=a%2Fb%3A1')
  assert.deepEqual(JSON.parse(restored.body), { Id: 'sha256:1', Names: ['a/b:1'], Left: [] })
  assert.equal((await ask('POST', '/strata/images/restore?name=gone')).status, 404)
  const blank = await ask('POST', '/strata/images/restore')
  assert.deepEqual([blank.status, JSON.parse(blank.body)], [400, { message: 'image name cannot be blank' }])
  assert.deepEqual(asked, ['a/b:1', 'gone'])
})

test('an explained prune is dry when it is asked to be', async t => {
  const asked: unknown[] = []
  const { ask } = await serve(t, {
    images: {
      explainedPrune: async (filters, options) => {
        asked.push([...filters], options)
        return { Images: [], SpaceReclaimed: 0 }
      },
    },
  })
  const filters = encodeURIComponent('{"keep":["3"],"unused-for":["30d"]}')
  await ask('POST', `/strata/images/prune?dry-run=1&filters=${filters}`)
  await ask('POST', '/strata/images/prune')
  const given = [
    ['keep', ['3']],
    ['unused-for', ['30d']],
  ]
  assert.deepEqual(asked, [given, { dryRun: true }, [], { dryRun: false }])
})
