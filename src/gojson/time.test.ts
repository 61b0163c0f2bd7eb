import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read } from './gojson.ts'
import { time } from './time.ts'

test('times are written as Go writes them', () => {
  const timeOf = (text: string) => read(time, text)
  assert.equal(timeOf('2014-06-05T00:05:35.990887725Z'), '2014-06-05T00:05:35.990887725Z')
  assert.equal(timeOf('2014-06-05T00:05:35.1200+00:00'), '2014-06-05T00:05:35.12Z')
  assert.equal(timeOf('2014-06-05T00:05:35.0-07:30'), '2014-06-05T00:05:35-07:30')
  assert.equal(timeOf('2012-02-29T23:59:59.1234567899Z'), '2012-02-29T23:59:59.123456789Z')
  for (const [text, what] of [
    ['2013-02-29T00:00:00Z', 'day out of range'],
    ['2013-13-01T00:00:00Z', 'month out of range'],
    ['2013-01-01T24:00:00Z', 'hour out of range'],
    ['2013-01-01T00:60:00Z', 'minute out of range'],
    ['2013-01-01T00:00:60Z', 'second out of range'],
    ['now', 'cannot parse "now" as "2006"'],
  ] as const) {
    assert.throws(() => timeOf(text), { code: 'invalid_argument', message: new RegExp(`^parsing time .*${what}$`) })
  }
})
