import type { Resources } from '../../apitypes/index.ts'
import type { Limit, MachineLimits } from '../../host/index.ts'
import { messageOf } from '../../std/index.ts'
import { parseNumberList } from './number-list.ts'
import { type Refusal, refuse, refused } from './refusal.ts'

/** Limits as this machine can keep them, and warnings for those that are left out. */
export interface CheckedResources {
  readonly resources: Partial<Resources>
  readonly warnings: readonly string[]
}

/** Checks limits, in Docker's words, and leaves out what the machine can't limit. Throws `invalid_argument`. */
export function checkResources(asked: Resources, machine: MachineLimits): CheckedResources {
  const found = discards.filter(({ needs, when }) => when(asked) && !(needs && machine.known.has(needs)))
  const resources: Partial<Resources> = Object.assign({}, ...found.map(({ instead }) => instead))
  const left: Resources = { ...asked, ...resources }
  refuse({ ...left, realtime: machine.known.has('cpuRealtime') }, earlyRefusals)
  refuse(left, memoryRefusals)
  refuse({ ...left, processors: machine.processors }, cpuRefusals)
  checkSet('cpus', left.CpusetCpus, { available: machine.cpus, what: 'CPUs' })
  checkSet('mems', left.CpusetMems, { available: machine.mems, what: 'memory nodes' })
  refuse(left, blockRefusals)
  const warnings = found.flatMap(({ warning }) => (warning === '' ? [] : [warning]))
  if (left.OomKillDisable && left.Memory === 0) warnings.push(riskyOom)
  return { resources, warnings }
}

const riskyOom =
  'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.'

interface Discard {
  /** What the machine has to know; absent: no machine does. */
  readonly needs?: Limit
  readonly when: (asked: Resources) => boolean
  readonly instead: Partial<Resources>
  /** Empty when nothing is to be said. */
  readonly warning: string
}

const unsupported = (what: string, consequence: string) =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${consequence}`

const discards: readonly Discard[] = [
  {
    needs: 'memory',
    when: ({ Memory }) => Memory > 0,
    instead: { Memory: 0, MemorySwap: -1 },
    warning: unsupported('memory limit capabilities', 'Limitation discarded.'),
  },
  {
    needs: 'swap',
    when: ({ Memory, MemorySwap }) => Memory > 0 && MemorySwap !== -1,
    instead: { MemorySwap: -1 },
    warning: unsupported('swap limit capabilities', 'Memory limited without swap.'),
  },
  {
    needs: 'swappiness',
    when: ({ MemorySwappiness }) => MemorySwappiness !== null,
    instead: { MemorySwappiness: null },
    warning: unsupported('memory swappiness capabilities', 'Memory swappiness discarded.'),
  },
  {
    needs: 'reservation',
    when: ({ MemoryReservation }) => MemoryReservation > 0,
    instead: { MemoryReservation: 0 },
    warning: unsupported('memory soft limit capabilities', 'Limitation discarded.'),
  },
  {
    needs: 'kernelMemory',
    when: ({ KernelMemory = 0 }) => KernelMemory > 0,
    instead: { KernelMemory: 0 },
    warning: unsupported('kernel memory limit capabilities', 'Limitation discarded.'),
  },
  {
    needs: 'oomKillDisable',
    when: ({ OomKillDisable }) => OomKillDisable === true,
    instead: { OomKillDisable: null },
    warning: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  },
  {
    needs: 'oomKillDisable',
    when: ({ OomKillDisable }) => OomKillDisable === false,
    instead: { OomKillDisable: null },
    warning: '',
  },
  {
    needs: 'pids',
    when: ({ PidsLimit }) => PidsLimit !== null && PidsLimit > 0,
    instead: { PidsLimit: null },
    warning: unsupported('PIDs limit capabilities', 'PIDs limit discarded.'),
  },
  {
    needs: 'cpuShares',
    when: ({ CpuShares }) => CpuShares > 0,
    instead: { CpuShares: 0 },
    warning: unsupported('CPU shares', 'Shares discarded.'),
  },
  {
    needs: 'cpuQuota',
    when: ({ CpuPeriod, CpuQuota }) => CpuPeriod !== 0 || CpuQuota !== 0,
    instead: { CpuPeriod: 0, CpuQuota: 0 },
    warning: 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.',
  },
  {
    when: ({ CpuPercent }) => CpuPercent > 0,
    instead: { CpuPercent: 0 },
    warning: 'linux does not support CPU percent. Percent discarded.',
  },
  {
    needs: 'cpuset',
    when: ({ CpusetCpus, CpusetMems }) => CpusetCpus !== '' || CpusetMems !== '',
    instead: { CpusetCpus: '', CpusetMems: '' },
    warning: unsupported('cpuset', 'Cpuset discarded.'),
  },
  {
    needs: 'blockWeight',
    when: ({ BlkioWeight }) => BlkioWeight > 0,
    instead: { BlkioWeight: 0 },
    warning: unsupported('Block I/O weight', 'Weight discarded.'),
  },
  {
    needs: 'blockWeightDevice',
    when: ({ BlkioWeightDevice }) => some(BlkioWeightDevice),
    instead: { BlkioWeightDevice: [] },
    warning: unsupported('Block I/O weight_device', 'Weight-device discarded.'),
  },
  {
    needs: 'blockReadBps',
    when: ({ BlkioDeviceReadBps }) => some(BlkioDeviceReadBps),
    instead: { BlkioDeviceReadBps: [] },
    warning: unsupported('BPS Block I/O read limit', 'Block I/O BPS read limit discarded.'),
  },
  {
    needs: 'blockWriteBps',
    when: ({ BlkioDeviceWriteBps }) => some(BlkioDeviceWriteBps),
    instead: { BlkioDeviceWriteBps: [] },
    warning: unsupported('BPS Block I/O write limit', 'Block I/O BPS write limit discarded.'),
  },
  {
    needs: 'blockReadIops',
    when: ({ BlkioDeviceReadIOps }) => some(BlkioDeviceReadIOps),
    instead: { BlkioDeviceReadIOps: [] },
    warning: unsupported('IOPS Block read limit', 'Block I/O IOPS read limit discarded.'),
  },
  {
    needs: 'blockWriteIops',
    when: ({ BlkioDeviceWriteIOps }) => some(BlkioDeviceWriteIOps),
    instead: { BlkioDeviceWriteIOps: [] },
    warning: unsupported('IOPS Block write limit', 'Block I/O IOPS write limit discarded.'),
  },
]

function some(list: readonly unknown[] | null): boolean {
  return list !== null && list.length > 0
}

const leastMemory = 6 * 2 ** 20
const outside = (value: number, least: number, most: number) => value < least || value > most

const earlyRefusals: readonly Refusal<Resources & { readonly realtime: boolean }>[] = [
  [
    ({ IOMaximumBandwidth }) => IOMaximumBandwidth > 0,
    'invalid option: QoS maximum bandwidth configuration is not supported on linux',
  ],
  [
    ({ IOMaximumIOps }) => IOMaximumIOps > 0,
    'invalid option: QoS maximum IOPs configuration is not supported on linux',
  ],
  [
    ({ CpuRealtimePeriod, CpuRealtimeRuntime, realtime }) =>
      !realtime && (CpuRealtimePeriod !== 0 || CpuRealtimeRuntime !== 0),
    'kernel does not support CPU real-time scheduler',
  ],
  [
    ({ CpuRealtimePeriod, CpuRealtimeRuntime }) =>
      CpuRealtimePeriod !== 0 && CpuRealtimeRuntime !== 0 && CpuRealtimeRuntime > CpuRealtimePeriod,
    'cpu real-time runtime cannot be higher than cpu real-time period',
  ],
]

const memoryRefusals: readonly Refusal<Resources>[] = [
  [({ Memory }) => Memory !== 0 && Memory < leastMemory, 'Minimum memory limit allowed is 6MB'],
  [
    ({ Memory, MemorySwap }) => Memory > 0 && MemorySwap > 0 && MemorySwap < Memory,
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [
    ({ Memory, MemorySwap }) => Memory === 0 && MemorySwap > 0,
    'You should always set the Memory limit when using Memoryswap limit, see usage',
  ],
  [
    ({ MemorySwappiness }) => MemorySwappiness !== null && outside(MemorySwappiness, 0, 100),
    ({ MemorySwappiness }) => `Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`,
  ],
  [
    ({ MemoryReservation }) => MemoryReservation > 0 && MemoryReservation < leastMemory,
    'Minimum memory reservation allowed is 6MB',
  ],
  [
    ({ Memory, MemoryReservation }) => Memory > 0 && MemoryReservation > Memory,
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [
    ({ KernelMemory = 0 }) => KernelMemory > 0 && KernelMemory < leastMemory,
    'Minimum kernel memory limit allowed is 6MB',
  ],
]

const cpuRefusals: readonly Refusal<Resources & Pick<MachineLimits, 'processors'>>[] = [
  [
    ({ NanoCpus, CpuPeriod }) => NanoCpus > 0 && CpuPeriod > 0,
    'Conflicting options: Nano CPUs and CPU Period cannot both be set',
  ],
  [
    ({ NanoCpus, CpuQuota }) => NanoCpus > 0 && CpuQuota > 0,
    'Conflicting options: Nano CPUs and CPU Quota cannot both be set',
  ],
  [
    ({ NanoCpus, processors }) => outside(NanoCpus, 0, processors * 1e9),
    ({ processors }) =>
      `range of CPUs is from 0.01 to ${processors}.00, as there are only ${processors} CPUs available`,
  ],
  [
    ({ CpuShares }) => CpuShares < 0,
    ({ CpuShares }) => `invalid CPU shares (${CpuShares}): value must be a positive integer`,
  ],
  [
    ({ CpuPeriod }) => CpuPeriod !== 0 && outside(CpuPeriod, 1000, 1_000_000),
    'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
  ],
  [({ CpuQuota }) => CpuQuota > 0 && CpuQuota < 1000, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
]

const blockRefusals: readonly Refusal<Resources>[] = [
  [
    ({ BlkioWeight }) => BlkioWeight !== 0 && outside(BlkioWeight, 10, 1000),
    'Range of blkio weight is from 10 to 1000',
  ],
]

function checkSet(
  name: 'cpus' | 'mems',
  text: string,
  { available, what }: { readonly available: string; readonly what: string },
): void {
  let wanted: ReadonlySet<number>
  try {
    wanted = parseNumberList(text)
  } catch (error) {
    throw refused(`Invalid value ${text} for cpuset ${name}: ${messageOf(error)}`)
  }
  const there = parseNumberList(available)
  if (available !== '' && [...wanted].some(number => !there.has(number))) {
    throw refused(`Requested ${what} are not available - requested ${text}, available: ${available}`)
  }
}
