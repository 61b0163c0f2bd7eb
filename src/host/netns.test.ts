import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isMountPoint } from './mount.ts'
import { createNetns, removeNetns } from './netns.ts'
import { runChecked } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

test('makes namespaces of their own with lo up, and takes them away', async t => {
  const folder = await temporaryFolder(t)
  const own = readlinkSync('/proc/self/ns/net')
  const paths = Array.from({ length: 8 }, (_, i) => join(folder, `ns${i}`))
  await Promise.all(paths.map(createNetns))
  assert.equal(readlinkSync('/proc/self/ns/net'), own)
  const seen = new Set<string>([own])
  for (const path of paths) {
    assert.equal(await isMountPoint(path), true)
    seen.add((await runChecked('nsenter', [`--net=${path}`, 'readlink', '/proc/self/ns/net'])).trim())
  }
  assert.equal(seen.size, 9)
  const links = await runChecked('nsenter', [`--net=${paths[0]}`, 'ip', '-o', 'addr'])
  assert.match(links, /^1: lo +inet 127\.0\.0\.1\/8/)
  for (const path of paths) await removeNetns(path)
  await removeNetns(paths[0]!)
  await assert.rejects(access(paths[0]!), { code: 'ENOENT' })
})

test('the threads that other work runs on stay in the namespace of the process', async t => {
  const folder = await temporaryFolder(t)
  const own = readlinkSync('/proc/self/ns/net')
  await Promise.all(Array.from({ length: 4 }, (_, i) => createNetns(join(folder, `${i}`))))
  const threads = await runChecked('sh', ['-c', `for t in /proc/${process.pid}/task/*/ns/net; do readlink $t; done`])
  assert.deepEqual([...new Set(threads.trim().split('\n'))], [own])
})

test('a path that is taken is left alone', async t => {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, 'mine')
  await assert.rejects(createNetns(path), { code: 'EEXIST', path })
  assert.equal(await isMountPoint(path), false)
  await assert.rejects(createNetns(join(path, 'x')), { code: 'ENOTDIR' })
})
