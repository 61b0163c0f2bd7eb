import assert from 'node:assert/strict'
import { access, mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addon } from './addon.ts'
import {
  type Cgroups,
  cgroupFolder,
  cgroupFolders,
  cgroupPids,
  cgroupsOf,
  readCgroups,
  removeCgroup,
  removeEmptyCgroup,
} from './cgroups.ts'
import { parseMountTable } from './mount-table.ts'
import { spawn } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

const line = (at: string, type: string, options: string) => `1 1 0:1 / ${at} rw - ${type} ${type} ${options}\n`
const of = (...lines: string[]) => cgroupsOf(parseMountTable(lines.join('')))

test('tells version 1, version 2 and hybrid machines apart', () => {
  const v2 = of(line('/sys/fs/cgroup', 'cgroup2', 'rw,nsdelegate'))
  assert.deepEqual(v2, { version: 2, hybrid: false, controllers: new Map(), unified: '/sys/fs/cgroup' })
  assert.deepEqual(cgroupFolders(v2, '/a/b'), ['/sys/fs/cgroup/a/b'])
  assert.equal(cgroupFolder(v2, 'memory', '/a'), '/sys/fs/cgroup/a')

  const v1 = of(
    line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
    line('/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,release_agent=/x,name=systemd'),
    line('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
  )
  assert.equal(v1.version, 1)
  assert.equal(v1.hybrid, false)
  assert.deepEqual([...v1.controllers.keys()], ['cpu', 'cpuacct', 'name=systemd', 'memory'])
  assert.deepEqual(cgroupFolders(v1, '/a'), [
    '/sys/fs/cgroup/cpu,cpuacct/a',
    '/sys/fs/cgroup/systemd/a',
    '/sys/fs/cgroup/memory/a',
  ])
  assert.equal(cgroupFolder(v1, 'cpuacct', '/a'), '/sys/fs/cgroup/cpu,cpuacct/a')
  assert.equal(cgroupFolder(v1, 'pids', '/a'), undefined)

  const hybrid = of(
    line('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
    line('/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
  )
  assert.deepEqual([hybrid.version, hybrid.hybrid], [1, true])
  const withOldNetwork = of(
    line('/sys/fs/cgroup', 'cgroup2', 'rw'),
    line('/sys/fs/cgroup/net_cls', 'cgroup', 'rw,net_cls'),
  )
  assert.deepEqual([withOldNetwork.version, withOldNetwork.hybrid], [2, false])
  assert.equal(of().version, 1)
})

test('the pids of a cgroup on this machine; an empty one is removed', async t => {
  const cgroups = await readCgroups()
  const path = `/strata-test-${process.pid}`
  t.after(() => removeCgroup(cgroups, path))
  const folders = cgroupFolders(cgroups, path)
  assert.ok(folders.length > 0)
  for (const folder of folders) await mkdir(join(folder, 'child'), { recursive: true })
  const [read, write] = addon().pipe()
  const { closeSync } = await import('node:fs')
  const child = spawn('cat', [], { stdio: [read] })
  closeSync(read)
  const controller = cgroupFolder(cgroups, 'pids', path) ?? folders[0]!
  await writeFile(join(controller, 'child', 'cgroup.procs'), `${child.pid}`)
  assert.deepEqual(await cgroupPids(cgroups, path), [child.pid])
  closeSync(write)
  await child.exited
  await removeCgroup(cgroups, path)
  await removeCgroup(cgroups, path)
  assert.deepEqual(await cgroupPids(cgroups, path), [])
})

test('pids of both versions are read from the tree, each once', async t => {
  const root = await temporaryFolder(t)
  const write = async (at: string, text: string) => {
    await mkdir(join(root, at), { recursive: true })
    await writeFile(join(root, at, 'cgroup.procs'), text)
  }
  await write('memory/a', '12\n7\n')
  await write('memory/a/b', '100\n')
  await write('pids/a', '7\n')
  const v1: Cgroups = {
    version: 1,
    hybrid: false,
    controllers: new Map([
      ['memory', join(root, 'memory')],
      ['pids', join(root, 'pids')],
    ]),
    unified: undefined,
  }
  assert.deepEqual(await cgroupPids(v1, '/a'), [7, 12, 100])
  const v2: Cgroups = { version: 2, hybrid: false, controllers: new Map(), unified: join(root, 'memory') }
  assert.deepEqual(await cgroupPids(v2, '/a/b'), [100])
})

test('an empty cgroup goes, one with another in it stays', async t => {
  const cgroups = await readCgroups()
  const path = `/strata-empty-${process.pid}`
  const [folder = ''] = cgroupFolders(cgroups, path)
  t.after(() => removeCgroup(cgroups, path))
  await mkdir(join(folder, 'child'), { recursive: true })
  await removeEmptyCgroup(cgroups, path)
  await access(folder)
  await rmdir(join(folder, 'child'))
  await removeEmptyCgroup(cgroups, path)
  await assert.rejects(access(folder), { code: 'ENOENT' })
  await removeEmptyCgroup(cgroups, path)
})
