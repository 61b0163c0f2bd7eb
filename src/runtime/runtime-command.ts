import { join } from 'node:path'
import { StrataError } from '../std/index.ts'
import { runProgram } from './programs.ts'
import type { ProcessIo } from './runtime.ts'
import type { RuntimeProgram } from './runtime-programs.ts'
import { names } from './task-folder.ts'

/** argv that starts a container; run in its bundle. */
export function runCommand(program: RuntimeProgram, bundle: string, id: string, io: ProcessIo): string[] {
  return [...logged(program, bundle), 'run', '--detach', '--bundle', bundle, ...files(bundle, io), id]
}

/** argv that starts another process in a container; run in the exec's folder, which has its `process.json`. */
export function execCommand(program: RuntimeProgram, folder: string, id: string, io: ProcessIo): string[] {
  const description = join(folder, names.process)
  return [...logged(program, folder), 'exec', '--detach', '--process', description, ...files(folder, io), id]
}

/** How the shim is to start a runtime: its options `program` and `hide`. */
export function startSettings({ sealed, hide }: RuntimeProgram): { readonly program?: string; readonly hide?: string } {
  return { ...(sealed && { program: sealed }), ...(hide && { hide }) }
}

/** Runs `pause`, `resume` or `delete --force`; throws `internal` with the runtime's words when it fails. */
export async function controlContainer(
  { shimPath, program }: { readonly shimPath: string; readonly program: RuntimeProgram },
  args: readonly string[],
  id: string,
): Promise<void> {
  const settings = Object.entries({ ...startSettings(program), foreground: '1' })
  const result = await runProgram(shimPath, [
    ...settings.map(setting => setting.join('=')),
    '--',
    ...common(program),
    ...args,
    id,
  ])
  if (result.code !== 0) throw new StrataError('internal', runtimeWords(result.stderr))
}

function common({ path, root, family }: RuntimeProgram): string[] {
  // Without this crun asks systemd for cgroups where systemd is.
  return [path, '--root', root, ...(family === 'crun' ? ['--cgroup-manager', 'cgroupfs'] : [])]
}

function logged(program: RuntimeProgram, folder: string): string[] {
  return [...common(program), '--log', join(folder, names.runtimeLog), '--log-format', 'json']
}

function files(folder: string, io: ProcessIo): string[] {
  // The socket's name is relative because the address of a unix socket is short and a folder's path may not be.
  const console = io.terminal ? ['--console-socket', names.console] : []
  return ['--pid-file', join(folder, names.pid), ...console]
}

/** The last line of what a runtime writes to stderr when it has no log file: runc's is logfmt, crun's is plain. */
function runtimeWords(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]
  return message === undefined ? last : message.replace(/\\(.)/g, '$1')
}
