import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { untilFilter } from './until.ts'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)
const until = (...values: string[]) => untilFilter(new Map([['until', values]]), now)

test('durations are before now', () => {
  assert.equal(until('1h'), now - 3_600_000)
  assert.equal(until('1.5h'), now - 5_400_000)
  assert.equal(until('10m30s'), now - 630_000)
  assert.equal(until('250ms'), now - 250)
  assert.equal(until('-1h'), now + 3_600_000)
  assert.equal(until('-0'), now)
})

test('dates with a zone, and seconds since the epoch', () => {
  assert.equal(until('2020-01-01T10:00:00Z'), Date.UTC(2020, 0, 1, 10))
  assert.equal(until('2020-01-01T10:00:00.5+02:00'), Date.UTC(2020, 0, 1, 8, 0, 0, 500))
  assert.equal(until('2020-01-01Z'), Date.UTC(2020, 0, 1))
  assert.equal(until('2020-02-29T10Z'), Date.UTC(2020, 1, 29, 10))
  assert.equal(until('1700000000.5'), 1_700_000_000_500)
  assert.equal(until('0'), 0)
})

test('dates without a zone are those of the machine', () => {
  assert.equal(until('2020-01-01'), new Date(2020, 0, 1).getTime())
  assert.equal(until('2020-01-01T10:20'), new Date(2020, 0, 1, 10, 20).getTime())
})

test('nothing given is no time', () => {
  assert.equal(untilFilter(new Map(), now), undefined)
  assert.equal(until(), undefined)
})

test('anything else is refused in the words of Docker', () => {
  for (const text of ['x', '', '1d', '5.x', 'h', '1700000000x']) {
    assert.throws(() => until(text), {
      code: 'invalid_argument',
      message: `failed to parse value as time or duration: ${JSON.stringify(text)}`,
    })
  }
  assert.throws(() => until('2020-13-01'), { message: 'parsing time "2020-13-01": month out of range' })
  assert.throws(() => until('2021-02-29'), { message: 'parsing time "2021-02-29": day out of range' })
  assert.throws(() => until('2021-02-01 00:00:00'), {
    message: 'parsing time "2021-02-01 00:00:00": extra text: " 00:00:00"',
  })
  const unlike = (text: string, layout: string, rest: string, element: string) => {
    const message = `parsing time "${text}" as "${layout}": cannot parse "${rest}" as "${element}"`
    assert.throws(() => until(text), { code: 'invalid_argument', message })
  }
  unlike('-1', '2006-01-02', '-1', '2006')
  unlike('-1.5', '2006-01-02T15:04:05.999999999', '-1.5', '2006')
  unlike('2020-1-1', '2006-01-02', '1-1', '01')
  unlike('2020-01-01T', '2006-01-02T15', '', '15')
  unlike('2020-01-01T10:20:', '2006-01-02T15:04:05', '', '05')
  unlike('2020-01-01T10:20+1', '2006-01-02T15Z07:00', ':20+1', 'Z07:00')
  unlike('2020-01-01-01', '2006-01-02Z07:00', '-01', 'Z07:00')
  for (const text of ['9999999999h', '1.', '99999999999999999999']) {
    assert.throws(() => until(text), { message: `failed to parse value as time or duration: "${text}"` })
  }
  assert.throws(() => until('1h', '2h'), { message: 'more than one until filter specified' })
})

test('every text is a time or refused', () => {
  const near = fc.stringMatching(/^[-+]?[0-9.]{0,6}(ns|us|ms|s|m|h)?[0-9T:Z-]{0,20}$/)
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), text => {
      try {
        assert.ok(Number.isFinite(until(text)))
      } catch (error) {
        assert.ok(isStrataError(error, 'invalid_argument'), String(error))
      }
    }),
  )
})
