import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cut, oneLine, printable, table } from './text.ts'

test('nothing of an image steers the terminal', () => {
  assert.equal(printable('a\u001b[31mb\nc\u009b\u202e'), 'a\\x1b[31mb\\x0ac\\x9b\\u202e')
  assert.equal(printable('grüße 日本'), 'grüße 日本')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.doesNotMatch(printable(text), /\p{Cc}|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u)
    }),
  )
  assert.equal(oneLine(' RUN a \\\n\t && b\u0007 '), 'RUN a \\ && b\\x07')
})

test('columns are aligned, and the last is cut to the width', () => {
  const columns = [{ title: 'N', align: 'right' }, { title: 'NAME' }, { title: 'TEXT' }] as const
  const rows = [
    ['1', 'a', 'x'.repeat(40)],
    ['100', 'long', ''],
  ]
  assert.equal(table(columns, rows, 40), `  N   NAME   TEXT\n  1   a      ${'x'.repeat(26)}…\n100   long\n`)
  assert.equal(table(columns, rows).split('\n')[1]!.length, 13 + 40)
  assert.equal(cut('abc', 3), 'abc')
  assert.equal(cut('abcd', 3), 'ab…')
})
