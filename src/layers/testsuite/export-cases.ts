import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { link as makeName, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeNode, setXattr } from '../../host/index.ts'
import { collect, isStrataError } from '../../std/index.ts'
import type { LayerDriver } from '../layers.ts'
import { type MakeDriver, makeRootFolder, never, put, setUp } from './setup.ts'
import { snapshot } from './snapshot.ts'
import { file, folder, link, opaque, symlink, tarOf, whiteout } from './tar.ts'

function exported(driver: LayerDriver, id: string): Promise<Buffer> {
  return collect(driver.export(id, { signal: never }), 1 << 28).then(bytes => Buffer.from(bytes))
}

/** What GNU tar makes of an archive. */
async function unpacked(t: TestContext, tar: Buffer) {
  const into = join(await makeRootFolder(t), 'unpacked')
  await mkdir(into, { mode: 0o755 })
  const args = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '--delay-directory-restore', '-C', into]
  execFileSync('tar', ['-x', '-p', ...args], { input: tar, stdio: ['pipe', 'ignore', 'pipe'] })
  return snapshot(into, { directoryTimes: true })
}

async function mounted(driver: LayerDriver): Promise<string> {
  const lower = await put(
    driver,
    await tarOf(
      folder('d', { mode: 0o1777, uid: 3 }),
      file('d/kept', 'k', { mode: 0o4711, uid: 70_000, gid: 3_000_000_000 }),
      link('d/same', 'd/kept'),
      file('d/gone', 'g'),
      folder('hidden'),
      file('hidden/in', 'h'),
      symlink('s', '/d/kept'),
    ),
  )
  const upper = await put(driver, await tarOf(whiteout('d/gone'), folder('hidden'), opaque('hidden')))
  await driver.createWritable('w', [lower.diffID, upper.diffID])
  return (await driver.mount('w')).path
}

export function exportCases(make: MakeDriver): void {
  test('an archive is all that the rootfs shows: its layers and its changes', async t => {
    const { driver } = await setUp(t, make)
    const path = await mounted(driver)
    const at = (name: string) => join(path, name)
    assert.deepEqual(await unpacked(t, await exported(driver, 'w')), snapshot(path, { directoryTimes: true }))
    await rm(at('s'))
    await writeFile(at('.wh.kept'), 'a file as any other')
    await writeFile(at('big'), Buffer.alloc(3_333_333, 'strata '))
    await makeName(at('big'), at('d/linked'))
    await mkdir(at('new/deep'), { recursive: true })
    makeNode(at('new/null'), { type: 'char', mode: 0o666, major: 1, minor: 3 })
    makeNode(at('new/fifo'), { type: 'fifo', mode: 0o600 })
    setXattr(at('big'), 'user.note', Buffer.from([0, 1, 255]))
    assert.deepEqual(await unpacked(t, await exported(driver, 'w')), snapshot(path, { directoryTimes: true }))
    assert.deepEqual(await exported(driver, 'w'), await exported(driver, 'w'), 'the same archive each time')
  })

  test('sockets are left out', async t => {
    const { driver } = await setUp(t, make)
    const path = await mounted(driver)
    const before = await exported(driver, 'w')
    makeNode(join(path, 'socket'), { type: 'socket', mode: 0o600 })
    assert.deepEqual(await exported(driver, 'w'), before)
  })

  test('an archive that is given up, or of what is not there, ends with an error', async t => {
    const { driver } = await setUp(t, make)
    await mounted(driver)
    const all = (id: string, signal: AbortSignal) => collect(driver.export(id, { signal }), 1 << 28)
    await assert.rejects(all('unknown', never), error => isStrataError(error, 'not_found'))
    await assert.rejects(all('w', AbortSignal.abort()), error => isStrataError(error, 'canceled'))
    assert.ok((await all('w', never)).byteLength > 0)
  })
}
