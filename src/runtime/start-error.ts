import { join } from 'node:path'
import { StrataError } from '../std/index.ts'
import { runcWords, type WordsContext } from './crun-words.ts'
import type { RuntimeProgram } from './runtime-programs.ts'
import { names, readIfThere, readJson } from './task-folder.ts'

/** What was being started: the words of Docker's message depend on it. */
export type Started = 'task' | 'exec'

/** A process that did not start. */
export interface Unstarted {
  /** Of the task or of the exec. */
  readonly folder: string
  readonly started: Started
  readonly family: RuntimeProgram['family']
}

/** The error for a process that the OCI runtime could not start, in Docker's words; `output` is what it wrote to stderr. */
export async function startError({ folder, started, family }: Unstarted, output: string): Promise<StrataError> {
  const log = (await readIfThere(join(folder, names.runtimeLog))) ?? ''
  const words = lastError(log) ?? firstWords(output)
  if (family !== 'crun') return describeStartError(words, started)
  const said = runcWords(words, await wordsContext(folder, started))
  return describeStartError(started === 'exec' ? said.replace(/^\w+ create failed: /, 'exec failed: ') : said, started)
}

async function wordsContext(folder: string, started: Started): Promise<WordsContext> {
  const description = await readJson(join(folder, started === 'task' ? names.spec : names.process))
  const spec = (started === 'task' ? description : { process: description }) as
    | { readonly process?: { readonly args?: readonly string[] }; readonly mounts?: WordsContext['mounts'] }
    | undefined
  return { command: spec?.process?.args?.[0] ?? '', mounts: spec?.mounts ?? [] }
}

/** The error for an exec whose container ended before it began. */
export function containerStopped(cause?: unknown): StrataError {
  const message = 'OCI runtime exec failed: exec failed: cannot exec in a stopped container'
  return new StrataError('conflict', message, { cause })
}

/**
 * Exit codes as Docker gives them: 127 for a program that is not there, 126 for one that can't be executed, 128 else.
 * The first two are the user's mistake (`invalid_argument`), the rest is `internal`.
 */
export function describeStartError(reason: string, started: Started): StrataError {
  // The runtime is called once, as `run`, for what Docker does in two calls.
  const words = reason.replace(/^(\w+) run failed: /, '$1 create failed: ')
  const prefix =
    started === 'task'
      ? 'failed to create task for container: failed to create shim task: OCI runtime create failed: '
      : 'OCI runtime exec failed: '
  const message = `${prefix}${words}`
  if (/executable file not found|no such file or directory/.test(words)) {
    return new StrataError('invalid_argument', message, { details: { exitCode: 127 } })
  }
  if (/permission denied|is a directory/.test(words)) {
    return new StrataError('invalid_argument', message, { details: { exitCode: 126 } })
  }
  if (words.includes('not a directory')) {
    const advice =
      ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type'
    return new StrataError('invalid_argument', message + advice, { details: { exitCode: 126 } })
  }
  return new StrataError('internal', message, { details: { exitCode: 128 } })
}

/** The last error of a runtime's `--log-format json` log. */
function lastError(log: string): string | undefined {
  let found: string | undefined
  for (const line of log.split('\n')) {
    if (line === '') continue
    try {
      const entry: unknown = JSON.parse(line)
      if (isLogEntry(entry) && /^(error|fatal)$/.test(entry.level)) found = entry.msg
    } catch {
      // A runtime that died may leave half a line.
    }
  }
  return found
}

function isLogEntry(value: unknown): value is { level: string; msg: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'level' in value &&
    'msg' in value &&
    typeof value.level === 'string' &&
    typeof value.msg === 'string'
  )
}

function firstWords(output: string): string {
  return output.trim().split('\n').at(-1) || 'the runtime gave no reason'
}
