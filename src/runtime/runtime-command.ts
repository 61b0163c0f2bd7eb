import { join } from 'node:path'
import { StrataError } from '../std/index.ts'
import { runProgram } from './programs.ts'
import type { ProcessIo } from './runtime.ts'
import { names } from './task-folder.ts'

/** An OCI runtime on this machine, and where it keeps its own records. */
export interface RuntimeProgram {
  readonly path: string
  readonly root: string
}

/** argv that starts a container; run in its bundle. */
export function runCommand(program: RuntimeProgram, bundle: string, id: string, io: ProcessIo): string[] {
  return [...common(program, bundle), 'run', '--detach', '--bundle', bundle, ...files(bundle, io), id]
}

/** argv that starts another process in a container; run in the exec's folder, which has its `process.json`. */
export function execCommand(program: RuntimeProgram, folder: string, id: string, io: ProcessIo): string[] {
  const description = join(folder, names.process)
  return [...common(program, folder), 'exec', '--detach', '--process', description, ...files(folder, io), id]
}

/** Runs `pause`, `resume` or `delete --force`; throws `internal` with the runtime's words when it fails. */
export async function controlContainer(program: RuntimeProgram, args: readonly string[], id: string): Promise<void> {
  const result = await runProgram(program.path, ['--root', program.root, ...args, id])
  if (result.code !== 0) throw new StrataError('internal', runtimeWords(result.stderr))
}

function common(program: RuntimeProgram, folder: string): string[] {
  return [program.path, '--root', program.root, '--log', join(folder, names.runtimeLog), '--log-format', 'json']
}

function files(folder: string, io: ProcessIo): string[] {
  // The socket's name is relative because the address of a unix socket is short and a folder's path may not be.
  const console = io.terminal ? ['--console-socket', names.console] : []
  return ['--pid-file', join(folder, names.pid), ...console]
}

/** runc writes its log to stderr as logfmt when it has no log file. */
function runtimeWords(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]
  return message === undefined ? last : message.replace(/\\(.)/g, '$1')
}
