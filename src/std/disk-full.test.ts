import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskError, isDiskFull } from './disk-full.ts'
import { StrataError } from './errors.ts'

test('a full disk is told in the words of users, and known again behind other errors', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const told = diskError(full)
  assert.ok(told instanceof StrataError)
  assert.deepEqual([told.code, told.message], ['unavailable', 'no space left on device'])
  const wrapped = new StrataError('internal', 'failed to register layer', { cause: told })
  for (const error of [full, told, wrapped]) assert.equal(isDiskFull(error), true)
  const other = Object.assign(new Error('no'), { code: 'EIO' })
  assert.equal(diskError(other), other)
  for (const error of [other, new StrataError('unavailable', 'no space left on device'), undefined]) {
    assert.equal(isDiskFull(error), false)
  }
})
