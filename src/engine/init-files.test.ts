import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Change } from '../layers/index.ts'
import { makeInitFiles, withoutInitFiles } from './init-files.ts'

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

test('they are no changes of the container', () => {
  const change = (text: string): Change => {
    const kinds = { A: 'added', C: 'modified', D: 'deleted' } as const
    return { kind: kinds[text[0] as 'A' | 'C' | 'D'], path: text.slice(2) }
  }
  const filtered = (...texts: string[]) => withoutInitFiles(texts.map(change)).map(({ path }) => path)
  assert.deepEqual(filtered('A /.dockerenv', 'C /etc', 'A /etc/hosts', 'A /etc/mtab'), [])
  assert.deepEqual(filtered('C /etc', 'A /etc/hosts', 'C /etc/passwd'), ['/etc', '/etc/passwd'])
  assert.deepEqual(filtered('C /etc'), ['/etc'], 'its mode was changed')
  assert.deepEqual(filtered('D /etc/hosts', 'C /tmp'), ['/etc/hosts', '/tmp'])
})
