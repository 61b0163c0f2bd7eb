import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compact, membersOf, raw, rawMap } from './raw-json.ts'

test('compact JSON is the same value, and its members are those of the object', () => {
  const options = { noUnicodeString: false }
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(options)), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      assert.deepEqual(JSON.parse(compact(text)), JSON.parse(text))
      const members = membersOf(text)
      assert.deepEqual(JSON.parse(rawMap(members)), JSON.parse(text))
    }),
  )
})

test('members keep the form in which they are written, and the last of a name counts', () => {
  const members = membersOf(' { "a" : [ 1.0 , 1e2, "\\u0041 \\" }" ], "b":{"y":1, "x" :2},"a<":"<", "b": { } } ')
  assert.deepEqual(
    [...members],
    [
      ['a', '[1.0,1e2,"\\u0041 \\" }"]'],
      ['b', '{}'],
      ['a<', '"\\u003c"'],
    ],
  )
  assert.equal(rawMap(members), '{"a":[1.0,1e2,"\\u0041 \\" }"],"a\\u003c":"\\u003c","b":{}}')
  assert.deepEqual([...membersOf('{}')], [])
  assert.equal(raw('\ud800 \u2028&\u0001\b'), '"\ufffd \\u2028\\u0026\\u0001\\b"')
})

test('members are in the order of the bytes of their names', () => {
  const one = raw('')
  const names = ['b', '10', '9', '\u{1f600}', '\uffee', 'A']
  const ordered = [...membersOf(rawMap(names.map(name => [name, one]))).keys()]
  assert.deepEqual(ordered, ['10', '9', 'A', 'b', '\uffee', '\u{1f600}'])
})
