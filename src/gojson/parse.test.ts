import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { parseFirst, parseWhole } from './parse.ts'

test('what is no JSON is refused in the words of Go', () => {
  const refused = (text: string, message: string, whole = message) => {
    assert.throws(() => parseFirst(text), { code: 'invalid_argument', message })
    assert.throws(() => parseWhole(text), { code: 'invalid_argument', message: whole })
  }
  const cutOff = 'unexpected end of JSON input'
  for (const text of ['', ' \n']) refused(text, 'EOF', cutOff)
  for (const text of ['{', '{"a', '{"a"', '{"a":', '{"a":"b', '{"a":1', '[', '[1', 'nul', '-', '1.']) {
    refused(text, 'unexpected EOF', cutOff)
  }
  const value = 'looking for beginning of value'
  const key = 'looking for beginning of object key string'
  refused('x', `invalid character 'x' ${value}`)
  refused('{"a":x}', `invalid character 'x' ${value}`)
  refused('[1,]', `invalid character ']' ${value}`)
  refused('{a:1}', `invalid character 'a' ${key}`)
  refused('{"a":1,}', `invalid character '}' ${key}`)
  refused('{"a" 5}', "invalid character '5' after object key")
  refused('{"a":1 "b"}', `invalid character '"' after object key:value pair`)
  refused('[1 2]', "invalid character '2' after array element")
  refused('{"a":"\t"}', String.raw`invalid character '\t' in string`)
})

test('what follows the value is the affair of who reads it', () => {
  assert.deepEqual(parseFirst(' {} {'), { value: {}, rest: '{' })
  assert.deepEqual(parseFirst('[1]\n'), { value: [1], rest: '' })
  assert.throws(() => parseWhole('{}x'), { message: "invalid character 'x' after top-level value" })
})

test('any text is parsed or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.json(), fc.string(), fc.nat(9)).map(([a, b, n]) => a.slice(0, -n) + b),
  )
  fc.assert(
    fc.property(text, each => {
      for (const parse of [parseFirst, parseWhole]) {
        try {
          parse(each)
        } catch (error) {
          assert.ok(isStrataError(error, 'invalid_argument'), String(error))
          assert.doesNotMatch(error.message, /undefined/)
        }
      }
    }),
  )
})
