import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeInitFiles } from './init-files.ts'

test('what is missing is made, what is there is left alone, links never lead out', async t => {
  const base = await mkdtemp(join(tmpdir(), 'strata-init-'))
  t.after(() => rm(base, { recursive: true, force: true }))
  const root = join(base, 'root')
  const outside = join(base, 'outside')
  await mkdir(join(root, 'etc'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(root, 'etc/hosts'), 'mine')
  await symlink(outside, join(root, 'dev'))
  await makeInitFiles(root)
  assert.deepEqual(await readdir(outside), [], 'a hostile /dev points outside')
  assert.equal((await lstat(join(root, outside, 'console'))).isFile(), true, 'and is taken within the root')
  assert.equal((await lstat(join(root, 'etc/hosts'))).size, 4)
  assert.equal(await readlink(join(root, 'etc/mtab')), '/proc/mounts')
  await makeInitFiles(root)
})
