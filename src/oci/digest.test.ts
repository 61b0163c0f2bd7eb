import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStrataError } from '../std/index.ts'
import { asDiffID, chainIDOf, chainIDs, digestOf, digestOfHex, hexOf, isDigest, parseDigest, shortID } from './index.ts'

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('a digest is sha256 and 64 lower-case hex digits', () => {
  assert.equal(parseDigest(empty), empty)
  assert.equal(digestOf(''), empty)
  assert.equal(digestOf(new Uint8Array()), empty)
  assert.equal(digestOfHex(hexOf(empty)), empty)
  assert.equal(shortID(empty), 'e3b0c44298fc')
  assert.ok(isDigest(empty))
})

const bad: readonly (readonly [text: string, message: string])[] = [
  ['', 'invalid checksum digest format'],
  ['sha256', 'invalid checksum digest format'],
  ['sha256:', 'invalid checksum digest format'],
  [':abc', 'invalid checksum digest format'],
  ['sha256:abc', 'invalid checksum digest length'],
  [`${empty}\n`, 'invalid checksum digest length'],
  [` ${empty}`, 'invalid checksum digest format'],
  [`sha256:${'AB'.repeat(32)}`, 'invalid checksum digest format'],
  [`sha256:${'../'.repeat(21)}a`, 'invalid checksum digest format'],
  [`sha512:${'ab'.repeat(64)}`, 'unsupported digest algorithm'],
  [`sha512:${'ab'.repeat(63)}`, 'invalid checksum digest format'],
  ['md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'unsupported digest algorithm'],
  ['sha256+b64:abc=', 'unsupported digest algorithm'],
]
for (const [text, message] of bad) {
  test(`refuses the digest ${JSON.stringify(text).slice(0, 40)}`, () => {
    assert.ok(!isDigest(text))
    assert.throws(
      () => parseDigest(text),
      error => isStrataError(error, 'invalid_argument') && error.message === message,
    )
  })
}

test('chainIDs: the first is the diffID, each further one covers all below', () => {
  const layers = ['a', 'b', 'c'].map(text => asDiffID(digestOf(text)))
  const ids = chainIDs(layers)
  assert.equal(ids[0], layers[0])
  assert.equal(ids[1], digestOf(`${layers[0]} ${layers[1]}`))
  assert.equal(ids[2], digestOf(`${ids[1]} ${layers[2]}`))
  assert.equal(chainIDOf(layers), ids[2])
  assert.equal(chainIDOf([]), undefined)
})
