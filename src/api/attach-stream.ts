import { type Duplex, Transform } from 'node:stream'
import { StrataError } from '../std/index.ts'
import type { AttachSession } from './attach-session.ts'
import { DetachKeysFilter } from './detach-keys.ts'
import type { HijackCall } from './exchange.ts'
import { linger } from './linger.ts'
import { describeError } from './status.ts'

export interface AttachStreamOptions {
  /** The form of the output: raw, or in frames. A client may ask an exec for another form than it has. */
  readonly tty: boolean
  /** Whether the client's input goes to the process. */
  readonly stdin: boolean
  readonly detachKeys: readonly number[]
}

/** The type of the stream: API 1.42 and newer tell framed ones that ask for `Upgrade: tcp` apart. */
export function streamType(call: { readonly upgrade: boolean; readonly minor: number }, tty: boolean): string {
  const framed = !tty && call.upgrade && call.minor >= 42
  return `application/vnd.docker.${framed ? 'multiplexed' : 'raw'}-stream`
}

/**
 * Joins a client's connection with the stdio of a process until either ends. Each direction closes by itself: the end
 * of the client's input leaves the output flowing where the session says that it means end of file. Resolves when the
 * connection is closed; what goes wrong after the head of the answer is text on the stream.
 */
export async function attachStream(
  call: HijackCall,
  session: AttachSession,
  options: AttachStreamOptions,
): Promise<void> {
  const { socket, head } = call.takeOver(streamType(call, options.tty))
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => resolve())
  })
  let stdio: Duplex
  try {
    stdio = await session.connect()
  } catch (error) {
    socket.end(errorText(error, options.tty))
    linger(socket)
    return closed
  }
  if (socket.destroyed) {
    stdio.on('error', () => {}).destroy(left())
    return
  }
  const stop = () => stdio.destroy(left())
  call.signal.addEventListener('abort', stop, { once: true })
  socket.once('close', stop)
  const finish = () => {
    socket.end()
    linger(socket)
  }
  const output = session.tty && !options.tty ? stdio.pipe(framing()) : stdio
  output.once('end', finish)
  stdio.once('close', finish)
  stdio.on('error', stop)
  output.pipe(socket, { end: false })
  if (options.stdin) feed(socket, head, stdio, session, options)
  else socket.resume()
  await closed
  call.signal.removeEventListener('abort', stop)
}

/** The client's input to the process: as it comes, but for the detach keys on a terminal. */
function feed(
  socket: Duplex,
  head: Uint8Array,
  stdio: Duplex,
  session: AttachSession,
  options: AttachStreamOptions,
): void {
  const filter = session.tty ? new DetachKeysFilter(options.detachKeys) : undefined
  let over = false
  const write = (data: Uint8Array) => {
    if (data.byteLength === 0 || stdio.destroyed || stdio.write(data)) return
    socket.pause()
    stdio.once('drain', () => socket.resume())
  }
  const input = (chunk: Uint8Array) => {
    if (over) return
    if (!filter) {
      write(chunk)
      return
    }
    const { data, detached } = filter.push(chunk)
    write(data)
    if (!detached) return
    over = true
    session.detached?.()
    stdio.destroy(left())
  }
  if (head.byteLength > 0) input(head)
  socket.on('data', input)
  socket.once('end', () => {
    if (over) return
    if (filter) write(filter.flush())
    if (session.stdinOnce && !session.tty) stdio.end()
    else stdio.destroy(left())
  })
  // Reading the request's body may have left the connection paused.
  if (!stdio.writableNeedDrain) socket.resume()
}

/** Why a process loses a client that is gone or has detached, which is not an end of its input. */
function left(): StrataError {
  return new StrataError('canceled', 'the client went away')
}

/** Raw output as frames of stdout. */
function framing(): Transform {
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      done(null, frame('stdout', chunk))
    },
  })
}

/** dockerd's way to report an error when the stream has begun. */
function errorText(error: unknown, tty: boolean): Uint8Array {
  const text = Buffer.from(`${describeError(error).message}\r\n`)
  return tty ? text : frame('stdout', text)
}

/** One frame of Docker's multiplexed stream: which stream, three zeros, length (big endian), data. */
export function frame(stream: 'stdout' | 'stderr', data: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head[0] = stream === 'stdout' ? 1 : 2
  head.writeUInt32BE(data.byteLength, 4)
  return Buffer.concat([head, data])
}
