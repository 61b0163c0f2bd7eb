import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { execute, succeed } from '../e2e/fixtures/processes.ts'
import { clientVersion } from '../e2e/fixtures/scenario.ts'
import type { Peer } from './row.ts'

/** Where and of what something was measured. */
export interface Conditions {
  readonly date: string
  readonly machine: readonly string[]
  readonly versions: readonly string[]
}

export async function conditions(peers: readonly Peer[]): Promise<Conditions> {
  const [system] = /(?<=^PRETTY_NAME=").*(?="$)/m.exec(await readFile('/etc/os-release', 'utf8')) ?? ['Linux']
  const cores = `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}`
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`
  const disk = await succeed(['findmnt', '--noheadings', '--output', 'FSTYPE', '--target', '/tmp'])
  const commit = await execute(['git', 'describe', '--always', '--dirty'], { cwd: import.meta.dirname })
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: [system, `Linux ${release()}`, cores, memory, `${disk.trim()} below all roots`],
    versions: [
      ...peers.map(({ name, description }) => `${name} ${description}`),
      ...(commit.status === 0 ? [`commit ${commit.stdout.trim()}`] : []),
      `docker CLI ${await clientVersion()}`,
      `Node ${process.version}`,
    ],
  }
}
