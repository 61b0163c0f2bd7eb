import { stat } from 'node:fs/promises'
import { StrataError } from '../std/index.ts'
import { deviceNumbers } from './spec-devices.ts'
import type { ResourceOptions, ThrottleDevice } from './spec-options.ts'

const period = 100_000

/** `linux.resources` of the runtime spec (config-linux.md, "Control groups") without its devices. */
export async function specResources(options: ResourceOptions): Promise<object> {
  return {
    memory: memoryOf(options),
    cpu: withoutNothing(cpuOf(options)),
    blockIO: await blockIoOf(options),
    ...(options.pidsLimit ? { pids: { limit: options.pidsLimit > 0 ? options.pidsLimit : -1 } } : {}),
  }
}

function memoryOf(options: ResourceOptions): object {
  const { memory, memorySwap, memoryReservation, memorySwappiness } = options
  // Without a limit of its own the swap isn't limited.
  const swap = memorySwap !== undefined && memorySwap > 0 ? memorySwap : undefined
  return {
    ...withoutNothing({ limit: memory, reservation: memoryReservation, swap }),
    ...(memorySwappiness !== undefined && memorySwappiness >= 0 && { swappiness: memorySwappiness }),
    disableOOMKiller: options.oomKillDisable ?? false,
  }
}

function cpuOf(options: ResourceOptions): Record<string, number | string | undefined> {
  const nano = options.nanoCpus ?? 0
  return {
    shares: options.cpuShares,
    quota: options.cpuQuota || (nano > 0 ? Math.floor((nano * period) / 1e9) : undefined),
    period: nano > 0 ? period : options.cpuPeriod,
    realtimePeriod: options.cpuRealtimePeriod,
    realtimeRuntime: options.cpuRealtimeRuntime,
    cpus: options.cpusetCpus,
    mems: options.cpusetMems,
  }
}

async function blockIoOf(options: ResourceOptions): Promise<object> {
  const weights = (options.blkioWeightDevice ?? []).map(({ path, weight }) => ({ path, rate: weight }))
  const [weightDevice, readBps, writeBps, readIops, writeIops] = await Promise.all([
    numbered(weights, 'weight'),
    numbered(options.blkioDeviceReadBps, 'rate'),
    numbered(options.blkioDeviceWriteBps, 'rate'),
    numbered(options.blkioDeviceReadIOps, 'rate'),
    numbered(options.blkioDeviceWriteIOps, 'rate'),
  ])
  return withoutNothing({
    weight: options.blkioWeight,
    weightDevice,
    throttleReadBpsDevice: readBps,
    throttleWriteBpsDevice: writeBps,
    throttleReadIOPSDevice: readIops,
    throttleWriteIOPSDevice: writeIops,
  })
}

async function numbered(devices: readonly ThrottleDevice[] = [], key: string): Promise<object[] | undefined> {
  if (devices.length === 0) return undefined
  return Promise.all(
    devices.map(async ({ path, rate }) => {
      try {
        return { ...deviceNumbers((await stat(path, { bigint: true })).rdev), [key]: rate }
      } catch (cause) {
        throw new StrataError('invalid_argument', `stat ${path}: no such file or directory`, { cause })
      }
    }),
  )
}

/** Drops what is absent, zero or empty: Docker's "not set". */
function withoutNothing(values: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value))
}
