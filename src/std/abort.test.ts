import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { orAborted } from './abort.ts'

test('work that fails when nobody waits for it any more does not end the process', async t => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  for (const abortedBefore of [true, false]) {
    const work = Promise.withResolvers<void>()
    const controller = new AbortController()
    if (abortedBefore) controller.abort()
    const waiting = orAborted(work.promise, controller.signal)
    controller.abort()
    await assert.rejects(waiting, { code: 'canceled' })
    work.reject(new Error('late'))
    await turn()
  }
  assert.deepEqual(unhandled, [])
})
