import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isStrataError } from '../std/index.ts'
import { lockDataRoot } from './lock.ts'
import { run } from './spawn.ts'
import { temporaryFolder } from './testdata/folder.ts'

test('one holder at a time; the next is told who it is', async t => {
  const root = join(await temporaryFolder(t), 'data')
  const lock = await lockDataRoot(root)
  assert.equal(await readFile(join(root, 'lock'), 'utf8'), `${process.pid}\n`)
  await assert.rejects(
    lockDataRoot(root),
    error =>
      isStrataError(error, 'unavailable') &&
      error.message === `the data root ${root} is in use by process ${process.pid}` &&
      error.details.pid === process.pid,
  )
  assert.equal((await run('flock', ['--nonblock', join(root, 'lock'), 'true'])).code, 1)
  await lock[Symbol.asyncDispose]()
  assert.equal((await run('flock', ['--nonblock', join(root, 'lock'), 'true'])).code, 0)
  await using again = await lockDataRoot(root)
  assert.ok(again)
})

test('children do not inherit the lock', async t => {
  const root = await temporaryFolder(t)
  await using lock = await lockDataRoot(root)
  assert.ok(lock)
  const { stdout } = await run('ls', ['-l', '/proc/self/fd'])
  assert.doesNotMatch(stdout, new RegExp(root))
})
