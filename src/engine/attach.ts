import { type Duplex, duplexPair } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { canceled, StrataError } from '../std/index.ts'
import type { Container } from './container.ts'
import { type EngineContext, findSettled, publishContainer } from './context.ts'
import { readLog } from './log-file.ts'
import { logPathOf } from './network-setup.ts'
import { rotatedLogs } from './run.ts'

export interface AttachRequest extends Streams {
  readonly stream: boolean
  readonly logs: boolean
  readonly signal: AbortSignal
}

/** Which of the standard streams are wanted. */
interface Streams {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
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
  const streams = { ...request, stdin: request.stdin && container.record.config.OpenStdin }
  const { task } = container.run ?? {}
  const stdio =
    container.running && task ? await task.attach(streams) : await atNextStart(container, streams, request.signal)
  if (!stdio) {
    inner.end()
    return
  }
  await join(stdio, streams, inner)
}

/** The stdio of the next start; registered at once, so that a start right after the attach is not missed. */
function atNextStart(container: Container, streams: Streams, signal: AbortSignal): Promise<Duplex | undefined> {
  return new Promise((resolve, reject) => {
    const forget = container.onNextStart(async task => {
      const connected = task?.attach(streams)
      resolve(connected)
      await connected
    })
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
 * Joins a stream pair's inner end with the attached stdio of a process, both ways, with half-closes. The client sees the end when
 * `settled` has resolved too: it may ask for the exit code right then.
 */
export async function join(
  stdio: Duplex,
  streams: Streams,
  inner: Duplex,
  settled: Promise<void> = Promise.resolve(),
): Promise<void> {
  if (streams.stdin) {
    // Not a pipeline: the end of the process takes nothing from the output that is still on its way to the client.
    inner.pipe(stdio)
    stdio.once('close', () => inner.resume())
  } else inner.resume()
  try {
    await pipeline(stdio, inner, { end: false })
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
