import { Worker } from 'node:worker_threads'
import { canceled, orAborted, throwIfAborted } from './abort.ts'
import { keepSpare } from './blocks.ts'
import type { Bytes } from './bytes.ts'
import { StrataError } from './errors.ts'
import { type FromWorker, type ToWorker, transferable, WINDOW } from './stage-protocol.ts'

/**
 * A stage is a step of a byte road that costs CPU (inflate, sha256, tar) and therefore runs on a worker thread, not on
 * the event loop that answers requests. A stage module exports `stage`; {@link runStage} feeds it and hands back what it
 * emits; {@link runStageHere} is for the little work that costs less than a thread. Chunks cross threads by transfer,
 * without a copy, and at most {@link WINDOW} are under way each way. What a stage leaves of its input is closed for it.
 */
export type Stage<Args, Result> = (input: Bytes, args: Args, emit: Emit) => Promise<Result>

/** Hands a chunk on; resolves when there is room for the next. The chunk's buffer is given away when the chunk fills it. */
export type Emit = (chunk: Uint8Array) => Promise<void>

export interface StageOptions {
  readonly input: Bytes
  /** An abort ends the stage and fails the run with {@link canceled}. */
  readonly signal: AbortSignal
}

export interface StageRun<Result> {
  /** What the stage emits. Must be consumed when the stage emits anything. Fails as `result` does. */
  readonly output: Bytes
  readonly result: Promise<Result>
}

const IDLE_MILLISECONDS = 2_000

/** The URL of the module `name` beside the module `here` (`import.meta.url`), in the form that is running: source or built. */
export function beside(here: string, name: string): URL {
  return new URL(`./${name}${here.endsWith('.ts') ? '.ts' : '.js'}`, here)
}

interface IdleWorker {
  readonly worker: Worker
  readonly timer: NodeJS.Timeout
}
const idle: IdleWorker[] = []
let rest: () => void = () => {}

/** Has `callback` called each time that no worker thread waits for work any more: what they had is free then. */
export function whenStagesRest(callback: () => void): void {
  rest = callback
}

function forget(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
}

function takeWorker(): Worker {
  const waiting = idle.pop()
  if (!waiting) return new Worker(beside(import.meta.url, 'stage-worker'), { name: 'stage' })
  clearTimeout(waiting.timer)
  forget(waiting.worker)
  waiting.worker.ref()
  return waiting.worker
}

function giveBack(worker: Worker): void {
  forget(worker)
  const drop = () => {
    clearTimeout(timer)
    const at = idle.findIndex(waiting => waiting.worker === worker)
    if (at >= 0) idle.splice(at, 1)
  }
  const timer = setTimeout(() => {
    drop()
    void worker.terminate().then(() => idle.length === 0 && rest())
  }, IDLE_MILLISECONDS).unref()
  worker.on('error', drop)
  worker.on('exit', drop)
  worker.unref()
  idle.push({ worker, timer })
}

/**
 * Runs the stage exported by `module` over `input` on a worker thread.
 * A failure of `input` ends the stage and fails the run with that error.
 */
export function runStage<Args, Result>(module: URL, args: Args, options: StageOptions): StageRun<Result> {
  const { input, signal } = options
  const worker = takeWorker()
  const done = Promise.withResolvers<Result>()
  const ready: Uint8Array[] = []
  let wake: () => void = () => {}
  let settled = false
  let failure: unknown
  let credits = WINDOW
  let onCredit: () => void = () => {}

  const post = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer)
  const settle = (reuse: boolean, finish: () => void) => {
    if (settled) return
    settled = true
    signal.removeEventListener('abort', onAbort)
    onCredit()
    if (reuse) giveBack(worker)
    else {
      forget(worker)
      worker.on('error', () => {})
      void worker.terminate()
    }
    finish()
    wake()
  }
  const fail = (error: unknown, reuse = false) =>
    settle(reuse, () => {
      failure = error
      done.reject(error)
    })
  const onAbort = () => fail(canceled(signal))
  signal.addEventListener('abort', onAbort, { once: true })

  worker.on('error', error => fail(error))
  worker.on('exit', code => fail(new Error(`stage worker exited with code ${code}`)))
  worker.on('message', (message: FromWorker) => {
    switch (message.kind) {
      case 'credit':
        credits++
        if (message.block) keepSpare(message.block)
        onCredit()
        break
      case 'chunk':
        ready.push(message.chunk)
        wake()
        break
      case 'done':
        settle(true, () => done.resolve(message.result as Result))
        break
      case 'failed':
        fail(revive(message.error))
        break
    }
  })

  const feed = async () => {
    throwIfAborted(signal)
    post({ kind: 'start', module: module.href, args })
    for await (const chunk of input) {
      while (credits === 0 && !settled) {
        await new Promise<void>(resolve => {
          onCredit = resolve
        })
      }
      if (settled) return
      credits--
      const own = transferable(chunk)
      post({ kind: 'chunk', chunk: own }, [own.buffer])
    }
    if (!settled) post({ kind: 'end' })
  }
  feed().catch(fail)
  done.promise.catch(() => {})

  async function* output(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = ready.shift()
        if (chunk) {
          if (!settled) post({ kind: 'credit' })
          yield chunk
        } else if (failure !== undefined) throw failure
        else if (settled) return
        else {
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
      }
    } finally {
      if (!settled) fail(new StrataError('canceled', 'the reader of a stage stopped early'))
    }
  }
  return { output: output(), result: done.promise }
}

/**
 * Runs a stage that emits nothing on the thread of the caller: for work that takes less time than a thread needs to start,
 * which is some 100 ms with the stage's modules. An abort ends it when it waits for its input.
 */
export async function runStageHere<Args, Result>(module: URL, args: Args, options: StageOptions): Promise<Result> {
  const { input, signal } = options
  throwIfAborted(signal)
  const { stage } = (await import(module.href)) as { stage: Stage<Args, Result> }
  const chunks = untilAborted(input, signal)
  try {
    return await stage(chunks, args, async () => {
      throw new Error('a stage that emits was run on the thread of its caller')
    })
  } finally {
    // A stage may leave its input where it fails, as it may on a worker thread.
    chunks.return().catch(() => {})
  }
}

async function* untilAborted(input: Bytes, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const chunks = input[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await orAborted(chunks.next(), signal)
      if (done) return
      yield value
    }
  } finally {
    // Nobody waits for it: the chunk that is under way may never come.
    chunks.return?.().catch(() => {})
  }
}

function revive(error: Extract<FromWorker, { kind: 'failed' }>['error']): Error {
  if (error.strata) return new StrataError(error.strata, error.message, { details: error.details ?? {} })
  const revived = new Error(error.message)
  if (error.errno) Object.assign(revived, { code: error.errno })
  if (error.stack !== undefined) revived.stack = error.stack
  return revived
}
