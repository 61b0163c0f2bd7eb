import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLog, logLimits } from './log-options.ts'

test('options of a log that are none are refused at a create', () => {
  const refused = (Type: string, Config: Readonly<Record<string, string>> | null = null) => {
    try {
      checkLog({ Type, Config }, { 'max-size': '1m' })
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.deepEqual(
    [refused('none', { x: 'y' }), refused(''), refused('json-file', { mode: 'non-blocking', 'max-buffer-size': '1m' })],
    ['', '', ''],
  )
  assert.equal(refused('x'), 'error looking up logging plugin x: plugin "x" not found')
  assert.equal(refused('local'), "logger: no log driver named 'local' is registered")
  assert.equal(refused('', { x: 'y' }), "unknown log opt 'x' for json-file log driver")
  assert.equal(refused('', { mode: 'x' }), 'logger: logging mode not supported: x')
})

test('limits of a log, and what is none when it is made', () => {
  assert.deepEqual(logLimits({}), { maxSize: 0, maxFiles: 1 })
  assert.deepEqual(logLimits({ 'max-size': '1.5k', 'max-file': '3' }), { maxSize: 1500, maxFiles: 3 })
  const prefix = 'failed to create task for container: failed to initialize logging driver: '
  for (const [options, why] of [
    [{ 'max-size': '-1' }, "invalid size: '-1'"],
    [{ 'max-size': '0' }, 'max-size must be a positive number'],
    [{ 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
    [{ 'max-file': '0' }, 'max-file cannot be less than 1'],
    [{ compress: 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
    [
      { compress: 'true', 'max-size': '1m' },
      'compress cannot be true when max-file is less than 2 or max-size is not set',
    ],
  ] as const) {
    assert.throws(() => logLimits(options), { code: 'internal', message: prefix + why })
  }
})
