import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resources } from '../../apitypes/index.ts'
import type { Limit, MachineLimits } from '../../host/index.ts'
import { checkResources } from './check-resources.ts'

const none = {
  ...{ CpuShares: 0, Memory: 0, NanoCpus: 0, BlkioWeight: 0, CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0 },
  ...{ CpuRealtimeRuntime: 0, CpusetCpus: '', CpusetMems: '', MemoryReservation: 0, MemorySwap: 0, CpuPercent: 0 },
  ...{ MemorySwappiness: null, OomKillDisable: null, PidsLimit: null, BlkioWeightDevice: null },
  ...{ BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null, BlkioDeviceWriteIOps: null },
  ...{ IOMaximumIOps: 0, IOMaximumBandwidth: 0 },
} as unknown as Resources

const memory: Limit[] = ['memory', 'swap', 'reservation', 'swappiness', 'kernelMemory', 'oomKillDisable']
const others: Limit[] = ['pids', 'cpuShares', 'cpuQuota', 'cpuRealtime', 'cpuset', 'blockWeight', 'blockWeightDevice']
const able: MachineLimits = { known: new Set([...memory, ...others]), processors: 2, cpus: '0-1', mems: '0' }
const unable: MachineLimits = { ...able, known: new Set() }

const check = (asked: Partial<Resources>, machine = able) => checkResources({ ...none, ...asked }, machine)
const mib = 2 ** 20

test('limits that can be kept stay as they are', () => {
  for (const asked of [
    { Memory: 6 * mib, MemorySwap: 6 * mib, MemoryReservation: 6 * mib, MemorySwappiness: 100 },
    { Memory: 64 * mib, MemorySwap: -1, OomKillDisable: true },
    { NanoCpus: 2e9, CpuShares: 2, CpusetCpus: '0-1,1', CpusetMems: '0' },
    { CpuPeriod: 1000, CpuQuota: -1, PidsLimit: 1, BlkioWeight: 1000, KernelMemory: 6 * mib },
    { CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 1000 },
  ]) {
    assert.deepEqual(check(asked), { resources: {}, warnings: [] }, JSON.stringify(asked))
  }
})

test("limits that are none are refused in Docker's words", () => {
  const words: [asked: Partial<Resources>, text: string][] = [
    [{ Memory: -1 }, 'Minimum memory limit allowed is 6MB'],
    [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
    [{ KernelMemory: 1 }, 'Minimum kernel memory limit allowed is 6MB'],
    [{ NanoCpus: 2e9 + 1 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
    [{ BlkioWeight: 9 }, 'Range of blkio weight is from 10 to 1000'],
    [{ BlkioWeight: 1001 }, 'Range of blkio weight is from 10 to 1000'],
    [{ CpusetCpus: '1-2' }, 'Requested CPUs are not available - requested 1-2, available: 0-1'],
    [{ CpusetMems: '1' }, 'Requested memory nodes are not available - requested 1, available: 0'],
    [{ CpusetCpus: '0,' }, 'Invalid value 0, for cpuset cpus: invalid format: 0,'],
    [
      { CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 1001 },
      'cpu real-time runtime cannot be higher than cpu real-time period',
    ],
  ]
  for (const [asked, message] of words) assert.throws(() => check(asked), { code: 'invalid_argument', message })
})

test('what a machine can not limit is left out with a warning', () => {
  const discards: [asked: Partial<Resources>, left: Partial<Resources>, warning: RegExp | undefined][] = [
    [{ Memory: 64 * mib, MemorySwap: -1 }, { Memory: 0, MemorySwap: -1 }, /memory limit capabilities/],
    [{ MemoryReservation: 64 * mib }, { MemoryReservation: 0 }, /memory soft limit/],
    [{ MemorySwappiness: 200 }, { MemorySwappiness: null }, /Memory swappiness discarded/],
    [{ OomKillDisable: true }, { OomKillDisable: null }, /OomKillDisable discarded/],
    [{ OomKillDisable: false }, { OomKillDisable: null }, undefined],
    [{ PidsLimit: 5 }, { PidsLimit: null }, /PIDs limit discarded/],
    [{ CpuShares: 5 }, { CpuShares: 0 }, /Shares discarded/],
    [{ CpuQuota: 5 }, { CpuPeriod: 0, CpuQuota: 0 }, /CPU period\/quota discarded/],
    [{ CpusetCpus: 'x' }, { CpusetCpus: '', CpusetMems: '' }, /Cpuset discarded/],
    [{ BlkioWeight: 5 }, { BlkioWeight: 0 }, /Weight discarded/],
    [{ BlkioDeviceReadBps: [{ Path: '/x', Rate: 1 }] }, { BlkioDeviceReadBps: [] }, /BPS read limit discarded/],
  ]
  for (const [asked, left, warning] of discards) {
    const { resources, warnings } = check(asked, unable)
    assert.deepEqual(resources, left)
    assert.equal(warnings.length, warning ? 1 : 0, JSON.stringify(asked))
    if (warning) assert.match(warnings[0]!, warning)
  }
  assert.deepEqual(check({ CpuPercent: 5 }).warnings, ['linux does not support CPU percent. Percent discarded.'])
  assert.throws(() => check({ CpuRealtimePeriod: 1 }, unable), /does not support CPU real-time/)
})

test('without an OOM killer and without a limit a container is a danger', () => {
  assert.match(check({ OomKillDisable: true }).warnings[0]!, /^OOM killer is disabled for the container, but/)
})
