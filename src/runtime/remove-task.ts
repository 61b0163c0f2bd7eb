import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { killIfThere } from '../host/index.ts'
import { cgroupOf, removeCgroup } from './cgroup-folders.ts'
import { controlContainer } from './runtime-command.ts'
import type { RuntimeProgram } from './runtime-programs.ts'
import { request } from './shim-connection.ts'
import { isAlive, names, readExit, readIdentity, readJson } from './task-folder.ts'

/** Removes everything that a task left behind, whatever state it is in. */
export async function removeTask(
  { folder, id }: { readonly folder: string; readonly id: string },
  runtime: { readonly shimPath: string; readonly program: RuntimeProgram },
): Promise<void> {
  const cleanExit = (await readExit(folder)) !== undefined
  const execs = await readdir(join(folder, names.execs)).catch(() => [])
  await Promise.all([folder, ...execs.map(exec => join(folder, names.execs, exec))].map(endShim))
  const spec = await readJson(join(folder, names.spec))
  const cgroup = spec === undefined ? undefined : cgroupOf(spec, id)
  // What `delete` does for a container whose processes are gone is to forget it: its record, which is one folder, and
  // its cgroups. Only a container that may still have processes is worth starting the runtime for.
  if (!cleanExit) await controlContainer(runtime, ['delete', '--force'], id).catch(() => undefined)
  if (cgroup !== undefined) await removeCgroup(cgroup)
  await rm(join(runtime.program.root, id), { recursive: true, force: true, maxRetries: 3 })
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function endShim(folder: string): Promise<void> {
  await request(folder, 'quit').catch(() => undefined)
  // One that has told of the exit ends by itself, when the attached clients have all that the process wrote.
  if ((await readExit(folder)) !== undefined) return
  for (const file of [names.shim, names.started]) {
    const identity = await readIdentity(join(folder, file))
    if (identity !== undefined && (await isAlive(identity))) killIfThere(identity.pid)
  }
}
