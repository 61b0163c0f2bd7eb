import assert from 'node:assert/strict'
import { test } from 'node:test'
import { threadId } from 'node:worker_threads'
import { BLOCK_BYTES, takeBlock, takeSpare } from './blocks.ts'
import { type Bytes, collect } from './bytes.ts'
import { isStrataError, StrataError } from './errors.ts'
import { runStage, runStageHere, whenStagesRest } from './stage.ts'

const module = new URL('./testdata/count-stage.ts', import.meta.url)
const signal = new AbortController().signal

async function* chunks(count: number, size: number): Bytes {
  for (let i = 0; i < count; i++) yield new Uint8Array(size).fill(i & 0xff)
}

test('a stage sees every chunk in order and hands back what it emits', async () => {
  const run = runStage<object, number>(module, {}, { input: chunks(50, 10_000), signal })
  const output = await collect(run.output, 1 << 20)
  assert.equal(output.byteLength, 500_000)
  for (let i = 0; i < 50; i++) assert.equal(output[i * 10_000], i)
  assert.equal(await run.result, 500_000)
})

test('an error of the stage keeps its code, and the output fails with it', async () => {
  const run = runStage(module, { failAfter: 3 }, { input: chunks(10, 10), signal })
  await assert.rejects(collect(run.output, 1 << 20), error => isStrataError(error, 'invalid_argument'))
  await assert.rejects(run.result, /too much/)
})

test('a failing input fails the run', async () => {
  async function* broken(): Bytes {
    yield new Uint8Array(1)
    throw new StrataError('unavailable', 'line cut')
  }
  const run = runStage(module, {}, { input: broken(), signal })
  await assert.rejects(collect(run.output, 10), /line cut/)
  await assert.rejects(run.result, /line cut/)
})

test('an abort ends a run whose input never comes', async () => {
  const controller = new AbortController()
  const never = async function* (): Bytes {
    yield new Uint8Array(1)
    await new Promise(() => {})
  }
  const run = runStage(module, {}, { input: never(), signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(run.result, error => isStrataError(error, 'canceled'))
})

test('a stage runs on a thread of its own, or on that of its caller', async () => {
  const telling = new URL('./testdata/thread-stage.ts', import.meta.url)
  const options = () => ({ input: chunks(0, 0), signal })
  assert.notEqual(await runStage<object, number>(telling, {}, options()).result, threadId)
  assert.equal(await runStageHere<object, number>(telling, {}, options()), threadId)
})

test('on the thread of the caller, too, a stage sees all of its input and fails with it', async () => {
  const counting = new URL('./testdata/release-stage.ts', import.meta.url)
  assert.equal(await runStageHere<object, number>(counting, {}, { input: chunks(50, 10_000), signal }), 500_000)
  const failure = new Error('line cut')
  let ended = false
  async function* broken(): Bytes {
    yield new Uint8Array(1)
    throw failure
  }
  await assert.rejects(runStageHere(counting, {}, { input: broken(), signal }), failure)
  async function* endless(): Bytes {
    try {
      for (;;) yield new Uint8Array(10)
    } finally {
      ended = true
    }
  }
  await assert.rejects(runStageHere(module, { failAfter: 1 }, { input: endless(), signal }), /too much/)
  assert.equal(ended, true)
  await assert.rejects(runStageHere(module, {}, { input: endless(), signal }), /that emits/)
})

test('the input that a stage leaves is closed', async () => {
  const leaving = new URL('./testdata/leaving-stage.ts', import.meta.url)
  const runs = [
    (input: Bytes) => runStage(leaving, {}, { input, signal }).result,
    (input: Bytes) => runStageHere(leaving, {}, { input, signal }),
  ]
  for (const run of runs) {
    const closed = Promise.withResolvers<void>()
    async function* endless(): Bytes {
      try {
        for (;;) yield new Uint8Array(10)
      } finally {
        closed.resolve()
      }
    }
    await assert.rejects(run(endless()), /enough/)
    await closed.promise
  }
})

test('on the thread of the caller, too, an abort ends a run whose input never comes', async () => {
  const counting = new URL('./testdata/release-stage.ts', import.meta.url)
  const controller = new AbortController()
  const stuck = async function* (): Bytes {
    yield new Uint8Array(1)
    controller.abort(new Error('enough'))
    await new Promise(() => {})
  }
  const aborted = (error: unknown) => isStrataError(error, 'canceled')
  await assert.rejects(runStageHere(counting, {}, { input: stuck(), signal: controller.signal }), aborted)
  await assert.rejects(runStageHere(counting, {}, { input: chunks(1, 1), signal: controller.signal }), aborted)
})

test('blocks that a stage is done with come back to its feeder', async () => {
  const given = Array.from({ length: 4 }, takeBlock)
  async function* blocks(): Bytes {
    for (const block of given) yield block.fill(5)
    // By the credit for the last of these those before were given back.
    for (let i = 0; i < 8; i++) yield new Uint8Array(1)
  }
  const releasing = new URL('./testdata/release-stage.ts', import.meta.url)
  const run = runStage<object, number>(releasing, {}, { input: blocks(), signal })
  assert.equal(await run.result, 4 * BLOCK_BYTES + 8)
  assert.equal(new Uint8Array(takeSpare()!)[0], 5)
})

test('when the last worker thread has waited long enough and is gone, that is told', async () => {
  const run = runStage<object, number>(module, {}, { input: chunks(1, 10), signal })
  await collect(run.output, 100)
  const { promise, resolve } = Promise.withResolvers<void>()
  whenStagesRest(resolve)
  const awake = setInterval(() => {}, 60_000)
  await promise
  clearInterval(awake)
})
