import { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { type Bytes, canceled, errnoOf, StrataError, throwIfAborted } from '../std/index.ts'
import { addon } from './addon.ts'
import { killIfThere } from './kill-if-there.ts'
import { type Spawned, spawn } from './spawn.ts'

/** The most bytes of standard error that are kept, for the error. */
const ERROR_BYTES = 4096

/**
 * What a program makes of `input`: its standard output. The program is killed (SIGKILL) when `signal` is aborted, `input`
 * fails or the reader leaves early.
 * @throws {StrataError} `failed_precondition` when the program is missing, `invalid_argument` in Go's words, how it ended
 *   and what it wrote to its standard error, when it does not exit with 0.
 */
export async function* filter(
  program: string,
  args: readonly string[],
  options: { readonly input: Bytes; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const { input, signal } = options
  throwIfAborted(signal)
  const { spawned, stdin, stdout, stderr } = started(program, args)
  let running = true
  const exited = spawned.exited.finally(() => {
    running = false
  })
  const kill = () => {
    if (running) killIfThere(spawned.pid)
  }
  signal?.addEventListener('abort', kill, { once: true })
  let failure: { readonly error: unknown } | undefined
  const fed = feed(stdin, input).catch((error: unknown) => {
    failure = { error }
    kill()
  })
  const complaint = textOf(stderr)
  try {
    yield* stdout as AsyncIterable<Uint8Array>
    await fed
    const { code, signal: by } = await exited
    if (signal?.aborted) throw canceled(signal)
    if (failure) throw failure.error
    if (code === 0) return
    const how = code === null ? `signal ${by}` : `exit status ${code}`
    throw new StrataError('invalid_argument', `${how}: ${await complaint}`)
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
    for (const socket of [stdin, stdout, stderr]) socket.destroy()
    await exited
  }
}

interface Started {
  readonly spawned: Spawned
  readonly stdin: Socket
  readonly stdout: Socket
  readonly stderr: Socket
}

function started(program: string, args: readonly string[]): Started {
  const pipes = [addon().pipe(), addon().pipe(), addon().pipe()] as const
  const [[stdinRead, stdinWrite], [stdoutRead, stdoutWrite], [stderrRead, stderrWrite]] = pipes
  let spawned: Spawned
  try {
    spawned = spawn(program, args, { stdio: [stdinRead, stdoutWrite, stderrWrite] })
  } catch (error) {
    for (const fd of [stdinWrite, stdoutRead, stderrRead]) addon().close(fd)
    if (errnoOf(error) !== 'ENOENT') throw error
    throw new StrataError('failed_precondition', `the program ${program} is not installed`, { cause: error })
  } finally {
    for (const fd of [stdinRead, stdoutWrite, stderrWrite]) addon().close(fd)
  }
  return {
    spawned,
    stdin: new Socket({ fd: stdinWrite, readable: false, writable: true }),
    stdout: new Socket({ fd: stdoutRead, readable: true, writable: false }),
    stderr: new Socket({ fd: stderrRead, readable: true, writable: false }),
  }
}

/** Writes all of it, no faster than the program reads. One that stops reading says why by how it exits. */
async function feed(stdin: Socket, input: Bytes): Promise<void> {
  stdin.on('error', () => stdin.destroy())
  for await (const chunk of input) {
    if (stdin.destroyed) return
    if (!stdin.write(chunk)) {
      await new Promise<void>(resolve => {
        const done = () => {
          stdin.off('drain', done).off('close', done)
          resolve()
        }
        stdin.on('drain', done).on('close', done)
      })
    }
  }
  if (stdin.destroyed) return
  stdin.end()
  await finished(stdin).catch(() => {})
}

async function textOf(stderr: Socket): Promise<string> {
  let text = ''
  try {
    for await (const chunk of stderr) if (text.length < ERROR_BYTES) text += String(chunk)
  } catch {
    // It was destroyed: nobody asks for the text any more.
  }
  return text.slice(0, ERROR_BYTES)
}
