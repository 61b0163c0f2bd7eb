import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOfText, textOfBytes } from './byte-text.ts'

test('bytes become text and the same bytes again, whatever they are', () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(fc.array(pieces), parts => {
      const bytes = Buffer.concat(parts)
      assert.deepEqual(bytesOfText(textOfBytes(bytes)), bytes)
    }),
  )
})

test('UTF-8 is read as it is, and each byte of anything else as one that is not known', () => {
  const of = (text: string) => textOfBytes(Buffer.from(text, 'latin1')).toWellFormed()
  assert.equal(of('caf\xc3\xa9 \xef\xbf\xbd \xf0\x9f\x98\x80'), 'café \ufffd 😀')
  assert.equal(of('caf\xe9 \xf0\x9f\x98'), 'caf\ufffd \ufffd\ufffd\ufffd')
  assert.equal(of('\xed\xa0\x80'), '\ufffd\ufffd\ufffd')
  assert.equal(of('\xc0\xaf\xff'), '\ufffd\ufffd\ufffd')
  assert.equal(of('\xef\xbb\xbfx'), '\ufeffx')
})
