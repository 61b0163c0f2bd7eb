import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resolveInRoot } from './resolve-in-root.ts'

test('symlinks, dots and loops never lead out of the root', async t => {
  const root = await mkdtemp(join(tmpdir(), 'strata-root-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'var/lib'), { recursive: true })
  await symlink('/var/lib', join(root, 'abs'))
  await symlink('../../../../etc', join(root, 'up'))
  await symlink('loop', join(root, 'loop'))
  await symlink('lib/../..', join(root, 'var/dots'))
  const cases: [string, string][] = [
    ['/abs/x', '/var/lib/x'],
    ['/up/passwd', '/etc/passwd'],
    ['../../../etc', '/etc'],
    ['/var/dots/var', '/var'],
    ['/nosuch/../abs', '/var/lib'],
    ['', ''],
  ]
  for (const [path, expected] of cases) assert.equal(await resolveInRoot(root, path), join(root, expected), path)
  await assert.rejects(resolveInRoot(root, '/loop/x'), /too many symbolic links/)
})
