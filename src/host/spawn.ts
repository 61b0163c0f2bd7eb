import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { canceled, StrataError, throwIfAborted } from '../std/index.ts'
import { addon, type ExitStatus } from './addon.ts'
import { killIfThere } from './kill-if-there.ts'

/** What programs get when no `env` is given: nothing of this process's environment leaks into them. */
const DEFAULT_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
}
const DEFAULT_LIMIT = 16 * 1024 * 1024

export interface SpawnOptions {
  /** The whole environment; a fixed PATH and LC_ALL=C when absent. The program is looked for in its PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /**
   * Descriptors that the program gets as 0, 1, 2, …: numbers of this process (which keeps its own), or `null` for
   * /dev/null. All three are /dev/null when absent. It gets no other descriptors.
   */
  readonly stdio?: readonly (number | null)[]
  /** Start it in a session of its own. */
  readonly setsid?: boolean
}

export interface Spawned {
  readonly pid: number
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<ExitStatus>
}

/**
 * Starts a program (posix_spawn: about 0.5 ms however large this process is). Throws the errno of its execve (ENOENT,
 * EACCES, …). Signals sent to this process's group reach it unless `setsid`. The event loop stays alive until it ends.
 */
export function spawn(program: string, args: readonly string[], options: SpawnOptions = {}): Spawned {
  return start(program, args, options, true)
}

/** As {@link spawn}, for a program that outlives this process: in a session of its own, and not waited for at the end. */
export function spawnDetached(program: string, args: readonly string[], options: SpawnOptions = {}): Spawned {
  return start(program, args, { setsid: true, ...options }, false)
}

function start(program: string, args: readonly string[], options: SpawnOptions, hold: boolean): Spawned {
  const { env = DEFAULT_ENV, cwd = null, stdio = [], setsid = false } = options
  const fds = Array.from({ length: Math.max(3, stdio.length) }, (_, i) => stdio[i] ?? -1)
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const pid = addon().posixSpawn(program, [program, ...args], variables, cwd, fds, setsid)
  return { pid, exited: addon().waitPid(pid, hold) }
}

/** Whether orphans among the descendants of this process become its children, to be waited for by {@link waitForExit}. */
export function setSubreaper(on: boolean): void {
  addon().setSubreaper(on)
}

/** Waits for a child of this process that {@link spawn} did not start (an adopted orphan); throws ESRCH, rejects ECHILD. */
export function waitForExit(pid: number): Promise<ExitStatus> {
  return addon().waitPid(pid, true)
}

export interface RunOptions extends Omit<SpawnOptions, 'stdio' | 'setsid'> {
  /** Its standard input; at end of file from the start when absent. */
  readonly input?: Uint8Array | string
  /** An abort kills the program (SIGKILL); the run rejects when it is gone. */
  readonly signal?: AbortSignal
  /** The most bytes of standard output, and of standard error, that are taken: 16 MiB. More kills it and throws `internal`. */
  readonly outputLimit?: number
}

export interface RunResult extends ExitStatus {
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end and collects what it wrote (UTF-8). Resolves, for any exit code, when it has exited and its
 * standard output and error are closed: one that leaves processes behind which hold them must be given {@link spawn}.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input, signal, outputLimit = DEFAULT_LIMIT, ...rest } = options
  throwIfAborted(signal)
  const pipes = { stdin: input === undefined ? undefined : pipe(), stdout: pipe(), stderr: pipe() }
  let spawned: Spawned
  try {
    spawned = spawn(program, args, {
      ...rest,
      stdio: [pipes.stdin?.read ?? null, pipes.stdout.write, pipes.stderr.write],
    })
  } catch (error) {
    for (const end of [pipes.stdin?.write, pipes.stdout.read, pipes.stderr.read])
      if (end !== undefined) addon().close(end)
    throw error
  } finally {
    for (const end of [pipes.stdin?.read, pipes.stdout.write, pipes.stderr.write])
      if (end !== undefined) addon().close(end)
  }
  let running = true
  const kill = () => {
    if (running) killIfThere(spawned.pid)
  }
  const exited = spawned.exited.finally(() => {
    running = false
  })
  const readers = [pipes.stdout, pipes.stderr].map(end => new Socket({ fd: end.read, readable: true, writable: false }))
  const onAbort = () => {
    kill()
    for (const reader of readers) reader.destroy()
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  const tooMuch = (name: string) => {
    kill()
    return new StrataError('internal', `${program} wrote more than ${outputLimit} bytes to its standard ${name}`)
  }
  try {
    if (pipes.stdin && input !== undefined) feed(pipes.stdin.write, input)
    const [status, stdout, stderr] = await Promise.allSettled([
      exited,
      readAll(readers[0]!, outputLimit, () => tooMuch('output')),
      readAll(readers[1]!, outputLimit, () => tooMuch('error')),
    ])
    if (signal?.aborted) throw canceled(signal)
    for (const result of [status, stdout, stderr]) if (result.status === 'rejected') throw result.reason
    return { ...settled(status), stdout: settled(stdout), stderr: settled(stderr) }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** As {@link run}, but throws `internal` with what the program wrote to standard error when it did not exit with 0. */
export async function runChecked(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await run(program, args, options)
  if (code === 0) return stdout
  const how = signal === null ? `exited with ${code}` : `was ended by signal ${signal}`
  throw new StrataError('internal', `${program} ${args[0] ?? ''} ${how}: ${stderr.trim() || stdout.trim()}`, {
    details: { program, args, code, signal, stderr },
  })
}

function pipe(): { readonly read: number; readonly write: number } {
  const [read, write] = addon().pipe()
  return { read, write }
}

function feed(fd: number, input: Uint8Array | string): void {
  const socket = new Socket({ fd, readable: false, writable: true })
  // A program may end, or close its input, without reading all of it.
  socket.on('error', () => socket.destroy())
  socket.end(input)
}

async function readAll(stream: Readable, limit: number, tooMuch: () => Error): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > limit) throw tooMuch()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString()
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}
