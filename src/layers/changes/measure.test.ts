import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { exceeds, measure } from './measure.ts'

async function tree(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-measure-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'd'))
  for (let number = 0; number < 9; number++) await writeFile(join(folder, 'd', `f${number}`), 'x'.repeat(100))
  return folder
}

test('bytes and inodes of a folder', async t => {
  const folder = await tree(t)
  await symlink('f0', join(folder, 'd', 'link'))
  assert.deepEqual(await measure(folder), { size: 902, inodes: 11 })
  assert.deepEqual(await measure(folder, { withoutLinks: ['/d/link'] }), { size: 900, inodes: 10 })
})

test('no more is looked at than is enough to know', async t => {
  const folder = await tree(t)
  const most = { size: 250, inodes: 5 }
  assert.deepEqual(await measure(folder, { enough: { ...most, size: 10_000 } }), { size: 500, inodes: 6 })
  assert.deepEqual(await measure(folder, { enough: { ...most, inodes: 100 } }), { size: 300, inodes: 4 })
  const all = { size: 900, inodes: 10 }
  assert.deepEqual(await measure(folder, { enough: all }), all)
  assert.deepEqual(
    [exceeds(all, all), exceeds(all, { ...all, size: 899 }), exceeds(all, { ...all, inodes: 9 })],
    [...[false, true, true]],
  )
})
