import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../std/index.ts'
import type { Exit, ProcessIo } from './runtime.ts'

/** What a later engine needs to know of a task, beside the spec. */
export interface TaskRecord {
  readonly runtime: string
  readonly io: ProcessIo
}

/** The names inside a task's or an exec's folder; those that the shim writes are explained in native/shim.c. */
export const names = {
  spec: 'config.json',
  record: 'task.json',
  execs: 'exec',
  process: 'process.json',
  pid: 'pid',
  shim: 'shim.pid',
  started: 'started',
  exit: 'exit',
  socket: 'shim.sock',
  console: 'console.sock',
  runtimeLog: 'runtime.log',
} as const

/** A process, named for good by its pid and the clock tick that it started at. */
export interface Identity {
  readonly pid: number
  readonly startTime: string
}

/** The content of a file, undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** A JSON file; undefined when there is none, or when a crash cut it short: nothing was started of it then. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The exit that the shim wrote down, if it did. */
export async function readExit(folder: string): Promise<Exit | undefined> {
  const text = await readIfThere(join(folder, names.exit))
  return text === undefined ? undefined : parseExit(text)
}

/** `exited CODE SIGNAL SECONDS NANOSECONDS OOM`, of the socket and of the file; undefined when it is something else. */
export function parseExit(text: string): Exit | undefined {
  const match = /^exited (\d+) \d+ (\d+) (\d+) ([01])\s*$/.exec(text)
  if (match === null) return undefined
  const [, code, seconds, nanoseconds, oom] = match
  const at = new Date(Number(seconds) * 1000 + Math.floor(Number(nanoseconds) / 1e6))
  return { code: Number(code), at, oomKilled: oom === '1' }
}

export async function readIdentity(path: string): Promise<Identity | undefined> {
  const match = /^(\d+) (\d+)\n$/.exec((await readIfThere(path)) ?? '')
  return match === null ? undefined : { pid: Number(match[1]), startTime: match[2]! }
}

/** Whether the process of that identity lives; a zombie does not. */
export async function isAlive(identity: Identity): Promise<boolean> {
  const stat = await readIfThere(`/proc/${identity.pid}/stat`).catch(() => undefined)
  if (stat === undefined) return false
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[19] === identity.startTime && fields[0] !== 'Z' && fields[0] !== 'X'
}
