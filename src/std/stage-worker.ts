import { parentPort } from 'node:worker_threads'
import { BLOCK_BYTES, takeSpare } from './blocks.ts'
import type { Bytes } from './bytes.ts'
import { errnoOf, isStrataError } from './errors.ts'
import type { Stage } from './stage.ts'
import { type FromWorker, type ToWorker, transferable, WINDOW } from './stage-protocol.ts'

const port = parentPort
if (!port) throw new Error('stage-worker runs on a worker thread only')
const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

let chunks: Uint8Array[] = []
let ended = false
let credits = WINDOW
/** Blocks that came and were not given back yet. */
let owed = 0
let wakeInput: () => void = () => {}
let wakeEmit: () => void = () => {}

async function* input(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = chunks.shift()
    if (chunk) {
      giveCredit()
      if (chunk.buffer.byteLength === BLOCK_BYTES) owed++
      yield chunk
    } else if (ended) return
    else {
      await new Promise<void>(resolve => {
        wakeInput = resolve
      })
    }
  }
}

/** Room for one chunk more; and a block that is done with, for the next one to be written to. */
function giveCredit(): void {
  const block = owed > 0 ? takeSpare() : undefined
  if (block) owed--
  say({ kind: 'credit', ...(block && { block }) }, block && [block])
}

async function emit(chunk: Uint8Array): Promise<void> {
  if (chunk.byteLength === 0) return
  while (credits === 0) {
    await new Promise<void>(resolve => {
      wakeEmit = resolve
    })
  }
  credits--
  const own = transferable(chunk)
  say({ kind: 'chunk', chunk: own }, [own.buffer])
}

async function start(module: string, args: unknown): Promise<void> {
  chunks = []
  ended = false
  credits = WINDOW
  owed = 0
  try {
    const { stage } = (await import(module)) as { stage: Stage<unknown, unknown> }
    const source: Bytes = input()
    const result = await stage(source, args, emit)
    say({ kind: 'done', result })
  } catch (error) {
    say({
      kind: 'failed',
      error: {
        message: error instanceof Error ? error.message : String(error),
        strata: isStrataError(error) ? error.code : undefined,
        details: isStrataError(error) ? error.details : undefined,
        errno: errnoOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      },
    })
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      void start(message.module, message.args)
      break
    case 'chunk':
      chunks.push(message.chunk)
      wakeInput()
      break
    case 'end':
      ended = true
      wakeInput()
      break
    case 'credit':
      credits++
      wakeEmit()
      break
  }
})
