import assert from 'node:assert/strict'
import { lstat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeNode, setTimes, syncFileSystem } from './node.ts'
import { runChecked } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

test('makes devices, fifos and sockets', async t => {
  const folder = await temporaryFolder(t)
  const at = (name: string) => join(folder, name)
  makeNode(at('null'), { type: 'char', mode: 0o600, major: 1, minor: 3 })
  makeNode(at('big'), { type: 'block', mode: 0o640, major: 4000, minor: 1_000_000 })
  makeNode(at('whiteout'), { type: 'char', mode: 0o600 })
  makeNode(at('fifo'), { type: 'fifo', mode: 0o600 })
  makeNode(at('socket'), { type: 'socket', mode: 0o600 })
  const shown = await runChecked('stat', ['-c', '%n %F %t:%T %a', 'null', 'big', 'whiteout', 'fifo', 'socket'], {
    cwd: folder,
  })
  assert.equal(
    shown,
    `null character special file 1:3 600
big block special file fa0:f4240 640
whiteout character special file 0:0 600
fifo fifo 0:0 600
socket socket 0:0 600
`,
  )
  assert.throws(() => makeNode(at('fifo'), { type: 'fifo', mode: 0o600 }), { code: 'EEXIST', path: at('fifo') })
})

test('sets the times of a link itself, to the nanosecond and before the epoch', async t => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'file'), '')
  const link = join(folder, 'link')
  await symlink('file', link)
  const before = await lstat(join(folder, 'file'), { bigint: true })
  setTimes(link, {
    atime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
    mtime: { seconds: -2, nanoseconds: 1 },
  })
  const status = await lstat(link, { bigint: true })
  assert.equal(status.atimeNs, 1_700_000_000_123_456_789n)
  assert.equal(status.mtimeNs, -1_999_999_999n)
  assert.equal((await lstat(join(folder, 'file'), { bigint: true })).mtimeNs, before.mtimeNs)
  const times = { atime: { seconds: 0, nanoseconds: 0 }, mtime: { seconds: 0, nanoseconds: 0 } }
  assert.throws(() => setTimes(join(folder, 'none'), times), { code: 'ENOENT', syscall: 'utimensat' })
})

test('syncs the file system of a path', async t => {
  await syncFileSystem(await temporaryFolder(t))
  await assert.rejects(syncFileSystem('/nonexistent'), { code: 'ENOENT' })
})
