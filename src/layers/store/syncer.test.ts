import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../std/index.ts'
import { openSyncer } from './syncer.ts'

test('work is done once for a key, at the latest by a flush, and a failure stops nothing else', async () => {
  const done: string[] = []
  const syncer = openSyncer(1_000_000, silentLogger)
  syncer.schedule('a', async () => void done.push('first a'))
  syncer.schedule('a', async () => void done.push('a'))
  syncer.schedule('b', () => Promise.reject(new Error('disk')))
  syncer.schedule('c', async () => void done.push('c'))
  syncer.schedule('d', async () => void done.push('d'))
  await syncer.forget('d')
  await syncer.flush()
  assert.deepEqual(done, ['a', 'c'])
  await syncer.flush()
  assert.deepEqual(done, ['a', 'c'])
})

test('forgetting waits for that work alone when it is under way', async () => {
  const gate = Promise.withResolvers<void>()
  const syncer = openSyncer(1_000_000, silentLogger)
  let ended = false
  syncer.schedule('large', async () => {
    await gate.promise
    ended = true
  })
  const flushed = syncer.flush()
  await Promise.resolve()
  await syncer.forget('other')
  assert.equal(ended, false)
  const forgotten = syncer.forget('large')
  gate.resolve()
  await forgotten
  assert.equal(ended, true)
  await flushed
})

test('work begins by itself after the pause', async () => {
  const syncer = openSyncer(1, silentLogger)
  const keepAlive = setTimeout(() => {}, 60_000)
  await new Promise<void>(resolve => syncer.schedule('a', async () => resolve()))
  clearTimeout(keepAlive)
})
