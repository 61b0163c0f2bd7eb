import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeConfig } from './daemon-config.ts'

test('flags win over defaults, the file too', () => {
  const config = mergeConfig(
    { 'insecure-registries': ['r:5000'], 'max-concurrent-downloads': 7 },
    { 'data-root': '/x' },
  )
  assert.equal(config.dataRoot, '/x')
  assert.equal(config.maxConcurrentDownloads, 7)
  assert.deepEqual(config.insecureRegistries, ['r:5000'])
  assert.equal(config.execRoot, '/run/strata')
})

test('bad files are refused with the key that is wrong', () => {
  assert.throws(
    () => mergeConfig({ nosuch: 1 }, {}),
    /the following directives don't match any configuration option: nosuch/,
  )
  assert.throws(() => mergeConfig({ 'max-concurrent-downloads': 'x' }, {}), /max-concurrent-downloads/)
  assert.throws(() => mergeConfig([], {}), /JSON object/)
  assert.throws(() => mergeConfig({}, { bridge: 'none' }), /invalid bridge name "none"/)
  assert.throws(
    () => mergeConfig({ 'data-root': '/a' }, { 'data-root': '/b' }),
    /both as a flag and in the configuration file/,
  )
  assert.equal(mergeConfig({ 'data-root': '/a' }, { 'data-root': '/a' }).dataRoot, '/a')
})
