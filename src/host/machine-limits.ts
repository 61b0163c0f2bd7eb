import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Cgroups } from './cgroups.ts'

/** What this machine can limit, and what of it there is. */
export interface MachineLimits {
  /** Limits that its kernel knows. */
  readonly known: ReadonlySet<Limit>
  /** How many processors work. */
  readonly processors: number
  /** Processors and memory nodes that containers can have, as the kernel lists them (`0-3,8`); empty where it doesn't tell. */
  readonly cpus: string
  readonly mems: string
}

/** By controller and file of cgroups version 1, and the controller of version 2 that has it too. */
const limits = {
  memory: ['memory', '', 'memory'],
  swap: ['memory', 'memory.memsw.limit_in_bytes', 'memory'],
  reservation: ['memory', 'memory.soft_limit_in_bytes', 'memory'],
  swappiness: ['memory', 'memory.swappiness', undefined],
  kernelMemory: ['memory', 'memory.kmem.limit_in_bytes', undefined],
  oomKillDisable: ['memory', 'memory.oom_control', undefined],
  pids: ['pids', '', 'pids'],
  cpuShares: ['cpu', 'cpu.shares', 'cpu'],
  cpuQuota: ['cpu', 'cpu.cfs_quota_us', 'cpu'],
  cpuRealtime: ['cpu', 'cpu.rt_period_us', undefined],
  cpuset: ['cpuset', '', 'cpuset'],
  blockWeight: ['blkio', 'blkio.weight', 'io'],
  blockWeightDevice: ['blkio', 'blkio.weight_device', 'io'],
  blockReadBps: ['blkio', 'blkio.throttle.read_bps_device', 'io'],
  blockWriteBps: ['blkio', 'blkio.throttle.write_bps_device', 'io'],
  blockReadIops: ['blkio', 'blkio.throttle.read_iops_device', 'io'],
  blockWriteIops: ['blkio', 'blkio.throttle.write_iops_device', 'io'],
} as const satisfies Record<string, readonly [controller: string, file: string, unified: string | undefined]>

export type Limit = keyof typeof limits

/** Asks the hierarchies what they can limit. */
export function readMachineLimits(cgroups: Cgroups): MachineLimits {
  const unified = cgroups.unified ?? ''
  const enabled = new Set(textOf(join(unified, 'cgroup.controllers')).split(/\s/))
  const has = (limit: Limit): boolean => {
    const [controller, file, second] = limits[limit]
    if (cgroups.version === 2) return second !== undefined && enabled.has(second)
    const root = cgroups.controllers.get(controller)
    return root !== undefined && existsSync(join(root, file))
  }
  const cpuset = (name: 'cpus' | 'mems') => {
    const path =
      cgroups.version === 2
        ? join(unified, `cpuset.${name}.effective`)
        : join(cgroups.controllers.get('cpuset') ?? '', `cpuset.${name}`)
    return textOf(path).trim()
  }
  return {
    known: new Set((Object.keys(limits) as Limit[]).filter(has)),
    processors: availableParallelism(),
    cpus: cpuset('cpus'),
    mems: cpuset('mems'),
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
