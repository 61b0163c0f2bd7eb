import { type Duplex, duplexPair, pipeline } from 'node:stream'
import { finished, pipeline as pipe } from 'node:stream/promises'
import type { Process, Task } from '../runtime/index.ts'
import { canceled, StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, findSettled, publishContainer } from './context.ts'
import { readLog } from './log-file.ts'
import { logPathOf } from './network-setup.ts'
import { rotatedLogs } from './run.ts'

export interface AttachRequest {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly stream: boolean
  readonly logs: boolean
  readonly signal: AbortSignal
}

/** A connection to the stdio of a container or an exec, in Docker's attach format; see `runtime`'s `Process.attach`. */
export interface Attachment {
  readonly tty: boolean
  readonly stdinOnce: boolean
  readonly detachKeys?: string
  connect(): Promise<Duplex>
  detached?(): void
}

/** Finds a container to attach to. One that has not started yet is connected at its next start, before its process runs. */
export async function attachContainer(context: EngineContext, id: string, request: AttachRequest): Promise<Attachment> {
  const container = await findSettled(context, id)
  const { config, state } = container.record
  if (state.paused) {
    throw new StrataError('conflict', `container ${id} is paused, unpause the container before attach`)
  }
  if (state.restarting) {
    throw new StrataError('conflict', `container ${id} is restarting, wait until the container is running`)
  }
  return {
    tty: config.Tty,
    stdinOnce: config.StdinOnce,
    async connect() {
      publishContainer(context, container, 'attach')
      const [outer, inner] = duplexPair()
      plug(context, container, request, inner).catch(error => {
        context.log.debug({ err: error, container: container.id }, 'attach ended')
        inner.destroy()
      })
      return outer
    },
    detached() {
      publishContainer(context, container, 'detach')
    },
  }
}

async function plug(
  context: EngineContext,
  container: Container,
  request: AttachRequest,
  inner: Duplex,
): Promise<void> {
  if (request.logs) await replay(context, container, request, inner)
  if (!request.stream) {
    inner.end()
    return
  }
  await container.starting
  const task = container.running ? container.run?.task : await nextTask(container, request.signal)
  if (!task) {
    inner.end()
    return
  }
  await join(task, { ...request, stdin: request.stdin && container.record.config.OpenStdin }, inner)
}

/** The task of the next start; registered at once, so that a start right after the attach is not missed. */
function nextTask(container: Container, signal: AbortSignal): Promise<Task | undefined> {
  return new Promise((resolve, reject) => {
    const forget = container.onNextStart(resolve)
    signal.addEventListener(
      'abort',
      () => {
        forget()
        reject(canceled(signal))
      },
      { once: true },
    )
  })
}

/**
 * Joins a stream pair's inner end with a process's stdio, both ways, with half-closes. The client sees the end when
 * `settled` has resolved too: it may ask for the exit code right then.
 */
export async function join(
  process: Process,
  streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
  inner: Duplex,
  settled: Promise<void> = Promise.resolve(),
): Promise<void> {
  const stdio = await process.attach(streams)
  if (streams.stdin) pipeline(inner, stdio, () => {})
  else inner.resume()
  try {
    await pipe(stdio, inner, { end: false })
    await settled
    inner.end()
    await finished(inner, { readable: false })
  } finally {
    inner.destroy()
  }
}

async function replay(
  context: EngineContext,
  container: Container,
  request: AttachRequest,
  inner: Duplex,
): Promise<void> {
  const options = {
    rotated: rotatedLogs(context, container),
    tail: undefined,
    follow: undefined,
    signal: request.signal,
  }
  for await (const batch of readLog(logPathOf(context, container.id), options)) {
    for (const { stream, data } of batch) {
      if (stream === 'stdout' ? !request.stdout : !request.stderr) continue
      inner.write(container.record.config.Tty ? data : frame(stream, data))
    }
  }
}

/** Docker's 8-byte frame header and the data. */
function frame(stream: 'stdout' | 'stderr', data: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream === 'stdout' ? 1 : 2
  header.writeUInt32BE(data.byteLength, 4)
  return Buffer.concat([header, data])
}
