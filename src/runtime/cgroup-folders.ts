import { existsSync } from 'node:fs'
import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { delay, errnoOf } from '../std/index.ts'

const root = '/sys/fs/cgroup'

/** Whether this machine has only cgroup v2. */
export const unifiedCgroups: boolean = existsSync(join(root, 'cgroup.controllers'))

/** The file that counts the OOM killer's victims in a cgroup. */
export function oomFile(cgroup: string): string {
  return unifiedCgroups ? join(root, cgroup, 'memory.events') : join(root, 'memory', cgroup, 'memory.oom_control')
}

/** The file with the pids of a cgroup's processes. */
export function processesFile(cgroup: string): string {
  return join(root, unifiedCgroups ? '' : 'devices', cgroup, 'cgroup.procs')
}

/** Pids of all processes of a cgroup and of the cgroups below it. */
export async function processesOf(cgroup: string): Promise<number[]> {
  return processesBelow(join(root, unifiedCgroups ? '' : 'devices', cgroup))
}

/** Kills what is left in a cgroup and removes it, in all hierarchies. Idempotent. */
export async function removeCgroup(cgroup: string): Promise<void> {
  const hierarchies = unifiedCgroups ? [root] : (await readdir(root)).map(name => join(root, name))
  await Promise.all(hierarchies.map(hierarchy => removeFolder(join(hierarchy, cgroup))))
}

async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(folder)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return
      if (errno !== 'EBUSY' || attempt === 200) throw error
    }
    for (const name of await foldersIn(folder)) await removeFolder(join(folder, name))
    // A frozen process dies only once it is thawed.
    await writeFile(join(folder, 'freezer.state'), 'THAWED', { flag: 'r+' }).catch(() => undefined)
    await writeFile(join(folder, 'cgroup.freeze'), '0', { flag: 'r+' }).catch(() => undefined)
    for (const pid of await processesBelow(folder)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        if (errnoOf(error) !== 'ESRCH') throw error
      }
    }
    await delay(5)
  }
}

async function processesBelow(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
  const below = await Promise.all((await foldersIn(folder)).map(name => processesBelow(join(folder, name))))
  return [...text.split('\n').filter(Boolean).map(Number), ...below.flat()]
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

/**
 * The cgroup of a container, absolute inside the hierarchy. Undefined when the spec leaves it to the runtime, or names one
 * that is not the container's alone: everything in it is killed at the end.
 */
export function cgroupOf(spec: unknown, id: string): string | undefined {
  const path = (spec as { linux?: { cgroupsPath?: unknown } } | undefined)?.linux?.cgroupsPath
  return typeof path === 'string' && path.startsWith('/') && posix.basename(posix.normalize(path)) === id
    ? path
    : undefined
}
