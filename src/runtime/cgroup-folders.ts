import { writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import {
  type Cgroups,
  cgroupFolder,
  cgroupFolders,
  cgroupPids,
  killIfThere,
  type MachineLimits,
  readCgroups,
  readMachineLimits,
  removeCgroup as removeEmptyCgroup,
} from '../host/index.ts'
import { delay } from '../std/index.ts'
import { readIfThere } from './task-folder.ts'

let known: Promise<Cgroups> | undefined

/** The machine's cgroups; they don't change while it runs. */
export function machineCgroups(): Promise<Cgroups> {
  known ??= readCgroups()
  return known
}

let limits: Promise<MachineLimits> | undefined

/** What the machine can limit; taken for the same while it runs. */
export function machineLimits(): Promise<MachineLimits> {
  limits ??= machineCgroups().then(readMachineLimits)
  return limits
}

/** The file that counts the OOM killer's victims in a cgroup. */
export async function oomFile(cgroup: string): Promise<string | undefined> {
  const cgroups = await machineCgroups()
  const folder = cgroupFolder(cgroups, 'memory', cgroup)
  return folder && join(folder, cgroups.version === 2 ? 'memory.events' : 'memory.oom_control')
}

/** The file with the pids of a cgroup's processes. */
export async function processesFile(cgroup: string): Promise<string | undefined> {
  const folder = cgroupFolder(await machineCgroups(), 'devices', cgroup)
  return folder && join(folder, 'cgroup.procs')
}

/** Pids of all processes of a cgroup and of the cgroups below it. */
export async function processesOf(cgroup: string): Promise<number[]> {
  return cgroupPids(await machineCgroups(), cgroup)
}

const attempts = 200

/** Kills what is left in a cgroup and removes it, in all hierarchies. Idempotent. */
export async function removeCgroup(cgroup: string): Promise<void> {
  const cgroups = await machineCgroups()
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pids = await cgroupPids(cgroups, cgroup)
    if (pids.length === 0) break
    await thaw(cgroups, cgroup)
    for (const pid of pids) killIfThere(pid)
    await delay(5)
  }
  await removeEmptyCgroup(cgroups, cgroup)
}

/** Whether the processes of a cgroup are frozen, or about to be. */
export async function isFrozen(cgroup: string): Promise<boolean> {
  const cgroups = await machineCgroups()
  const folder = cgroupFolder(cgroups, 'freezer', cgroup)
  if (folder === undefined) return false
  const state = await readIfThere(join(folder, cgroups.version === 2 ? 'cgroup.freeze' : 'freezer.state'))
  return ['1', 'FREEZING', 'FROZEN'].includes(state?.trim() ?? '')
}

/** A frozen process dies only once it is thawed. */
async function thaw(cgroups: Cgroups, cgroup: string): Promise<void> {
  for (const folder of cgroupFolders(cgroups, cgroup)) {
    const [file, value] = cgroups.version === 2 ? ['cgroup.freeze', '0'] : ['freezer.state', 'THAWED']
    await writeFile(join(folder, file!), value!, { flag: 'r+' }).catch(() => undefined)
  }
}

/**
 * The cgroup of a container, absolute inside the hierarchy. Undefined when the spec leaves it to the runtime, or names one
 * that is not the container's alone: everything in it is killed at the end.
 */
export function cgroupOf(spec: unknown, id: string): string | undefined {
  const path = (spec as { linux?: { cgroupsPath?: unknown } } | undefined)?.linux?.cgroupsPath
  const own = typeof path === 'string' && path.startsWith('/') && posix.basename(posix.normalize(path)) === id
  return own ? path : undefined
}
