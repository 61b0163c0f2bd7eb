import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMachineLimits } from './machine-limits.ts'

test('version 1 knows what its files tell, version 2 what its controllers can', async () => {
  const root = await mkdtemp(join(tmpdir(), 'strata-limits-'))
  try {
    for (const name of ['memory', 'cpuset', 'unified']) await mkdir(join(root, name))
    await writeFile(join(root, 'memory/memory.swappiness'), '60\n')
    await writeFile(join(root, 'cpuset/cpuset.cpus'), '0-3\n')
    await writeFile(join(root, 'unified/cgroup.controllers'), 'memory io\n')
    await writeFile(join(root, 'unified/cpuset.cpus.effective'), '0-1\n')
    const unified = join(root, 'unified')
    const controllers = new Map(['memory', 'cpuset'].map(name => [name, join(root, name)]))
    const first = readMachineLimits({ version: 1, hybrid: true, controllers, unified })
    assert.deepEqual([...first.known], ['memory', 'swappiness', 'cpuset'])
    assert.deepEqual([first.cpus, first.mems], ['0-3', ''])
    const second = readMachineLimits({ version: 2, hybrid: false, controllers: new Map(), unified })
    const block = ['Weight', 'WeightDevice', 'ReadBps', 'WriteBps', 'ReadIops', 'WriteIops']
    assert.deepEqual([...second.known], ['memory', 'swap', 'reservation', ...block.map(name => `block${name}`)])
    assert.equal(second.cpus, '0-1')
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})
