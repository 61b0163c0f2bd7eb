import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { isReaderGone, standardOutput } from './output.ts'

test('a reader that is slow is waited for, and leaves no listeners behind', async () => {
  const slow = new PassThrough({ highWaterMark: 1 })
  const output = standardOutput(slow)
  const listeners = () => ['drain', 'close', 'error'].map(name => slow.listenerCount(name))
  const before = listeners()
  let read = ''
  for (let line = 0; line < 20; line++) {
    const written = output.write(`${line}\n`)
    read += String(slow.read())
    await written
  }
  assert.deepEqual(listeners(), before)
  assert.equal(read, Array.from({ length: 20 }, (_, line) => `${line}\n`).join(''))
})

test('a reader that has gone is told, while it is waited for and after', async () => {
  const gone = new PassThrough({ highWaterMark: 1 })
  const output = standardOutput(gone)
  const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const written = output.write('text')
  gone.destroy(error)
  await assert.rejects(written, isReaderGone)
  await assert.rejects(output.write('more'), isReaderGone)
})
