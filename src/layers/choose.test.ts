import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { mount, mountsUnder } from '../host/index.ts'
import { isStrataError } from '../std/index.ts'
import { createLayerDriver } from './choose.ts'
import { makeRootFolder } from './testsuite/setup.ts'

test('the first driver that works is taken, and its trial leaves nothing', async t => {
  const root = await makeRootFolder(t)
  await using driver = await createLayerDriver({ root })
  assert.equal(driver.name, 'erofs')
  assert.equal(driver.independent, true)
  assert.equal(driver.status[0]?.[0], 'Backing Filesystem')
  assert.deepEqual(readdirSync(root), ['erofs'])
  assert.deepEqual(await mountsUnder(root), [])
})

test('where files can not be mounted as layers, they are unpacked', async t => {
  const root = await makeRootFolder(t)
  mount(root, { source: 'tmpfs', type: 'tmpfs' })
  await using driver = await createLayerDriver({ root })
  assert.equal(driver.name, 'overlay2')
  assert.deepEqual(driver.status, [['Backing Filesystem', 'tmpfs']])
  await assert.rejects(createLayerDriver({ root, name: 'erofs' }), error => {
    assert.ok(isStrataError(error, 'failed_precondition'))
    assert.match(error.message, /^driver not supported: erofs: /)
    return true
  })
})

test('a driver that is named is taken', async t => {
  const root = await makeRootFolder(t)
  await using driver = await createLayerDriver({ root, name: 'vfs' })
  assert.equal(driver.name, 'vfs')
  await assert.rejects(createLayerDriver({ root, name: 'zfs' as 'vfs' }), error =>
    isStrataError(error, 'invalid_argument'),
  )
})

test('a trial that was cut short is cleared away', async t => {
  const root = await makeRootFolder(t)
  const left = join(root, 'trial-left')
  await mkdir(left)
  mount(left, { source: 'tmpfs', type: 'tmpfs' })
  await using driver = await createLayerDriver({ root })
  assert.equal(driver.name, 'erofs')
  assert.deepEqual(readdirSync(root), ['erofs'])
})
