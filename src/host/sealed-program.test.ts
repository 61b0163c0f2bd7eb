import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { sealProgram } from './sealed-program.ts'
import { run } from './spawn.ts'

test('a sealed program runs, and can’t be written to', async () => {
  const echo = sealProgram('/bin/echo')
  assert.equal((await run(echo, ['word'])).stdout, 'word\n')
  assert.throws(() => writeFileSync(echo, 'x', { flag: 'r+' }), { code: /EPERM|ETXTBSY/ })
  assert.throws(() => sealProgram('/nonexistent'), { code: 'ENOENT', path: '/nonexistent' })
})
