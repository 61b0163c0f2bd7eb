import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isMountPoint, mountsUnder } from '../../host/index.ts'
import { isStrataError } from '../../std/index.ts'
import { layerFolder, put, setUp } from '../testsuite/setup.ts'
import { again, file, folder, tarOf } from '../testsuite/tar.ts'
import { openErofsDriver } from './open.ts'

test('a damaged index, and damaged copies of sparse data, do not verify', async t => {
  const { driver, root } = await setUp(t, openErofsDriver)
  const sparse = { ...file('s').header, size: 1000, sparse: [{ offset: 100, size: 4 }] }
  const tar = await tarOf(folder('d'), { header: sparse, data: again(Buffer.from('data')) })
  const { diffID } = await put(driver, tar)
  await driver.verify(diffID)
  for (const [name, offset] of [
    ['layer.erofs', 1600],
    ['layer.data', 101],
  ] as const) {
    const path = join(layerFolder(driver, root, diffID), name)
    await using handle = await open(path, 'r+')
    const before = Buffer.alloc(1)
    await handle.read(before, 0, 1, offset)
    await handle.write(Buffer.of(before[0]! ^ 1), 0, 1, offset)
    await assert.rejects(driver.verify(diffID), error => isStrataError(error, 'internal'))
    await handle.write(before, 0, 1, offset)
    await driver.verify(diffID)
  }
})

test('a layer without odd sparse files has no second data file', async t => {
  const { driver, root } = await setUp(t, openErofsDriver)
  const { diffID } = await put(driver, await tarOf(file('f', 'x')))
  assert.equal(existsSync(join(layerFolder(driver, root, diffID), 'layer.data')), false)
})

test('layers are mounted once for all, and linger for the next user', async t => {
  const { driver, root } = await setUp(t, openErofsDriver, { linger: 1_000_000 })
  const { diffID } = await put(driver, await tarOf(file('f', 'x')))
  const mountPoint = join(layerFolder(driver, root, diffID), 'fs')
  for (const id of ['a', 'b']) {
    await driver.createWritable(id, [diffID])
    await driver.mount(id)
  }
  const points = async () => (await mountsUnder(root)).map(entry => entry.mountPoint)
  assert.equal((await points()).filter(point => point === mountPoint).length, 1)
  await driver.removeWritable('a')
  await driver.removeWritable('b')
  assert.deepEqual(await points(), [mountPoint])
  await driver.remove(diffID)
  assert.equal(await isMountPoint(mountPoint), false)
  assert.deepEqual(await points(), [])
})
