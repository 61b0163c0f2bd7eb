import { StrataError } from '../std/index.ts'
import { runProgram } from './programs.ts'
import type { LogOptions, ProcessIo } from './runtime.ts'

export interface ShimOptions {
  readonly shimPath: string
  readonly folder: string
  readonly io: ProcessIo
  readonly log?: LogOptions
  /** Counts the OOM killer's victims; read at the exit. */
  readonly oomFile?: string
  /** The cgroup whose processes are killed with the first one. */
  readonly killFile?: string
  /** The runtime's file, when it is not what the first of `runtime` names. */
  readonly program?: string
  /** A mount that the runtime must not see. */
  readonly hide?: string
  /** The runtime's argv; it runs in `folder`. */
  readonly runtime: readonly string[]
}

/** Starts a shim in the background. When this resolves its socket can be connected to. */
export async function startShim(options: ShimOptions): Promise<void> {
  const { io, log } = options
  const settings: Record<string, string | number | undefined> = {
    dir: options.folder,
    terminal: Number(io.terminal),
    stdin: Number(io.stdin),
    'stdin-once': Number(io.stdinOnce),
    columns: io.size?.columns,
    rows: io.size?.rows,
    log: log?.path,
    'log-max-size': log?.maxSize,
    'log-max-files': log?.maxFiles,
    'oom-file': options.oomFile,
    'kill-file': options.killFile,
    program: options.program,
    hide: options.hide,
  }
  const args = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  const result = await runProgram(options.shimPath, [...args, '--', ...options.runtime])
  if (result.code !== 0) throw new StrataError('internal', `can't start the shim: ${result.stderr.trim()}`)
}
