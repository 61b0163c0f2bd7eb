import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { backgroundSha256 } from './sha256.ts'

test('it is what node:crypto reckons, several at once', async () => {
  assert.equal(backgroundSha256().digest('hex'), createHash('sha256').digest('hex'))
  const contents = [0, 1, 64, 100_000, 3 << 20].map(size => randomBytes(size))
  await Promise.all(
    contents.map(async content => {
      const hash = backgroundSha256()
      for (let at = 0; at < content.byteLength; at += 70_000) await hash.update(content.subarray(at, at + 70_000))
      await hash.update(new Uint8Array())
      assert.equal(hash.digest('hex'), createHash('sha256').update(content).digest('hex'))
    }),
  )
})

test('it takes in one after the other, and nothing after its end', async () => {
  const hash = backgroundSha256()
  const first = hash.update(Buffer.from('a'))
  assert.throws(() => hash.update(Buffer.from('b')), { code: 'EBUSY' })
  assert.throws(() => hash.digest('hex'), { code: 'EBUSY' })
  await first
  hash.digest('hex')
  assert.throws(() => hash.update(Buffer.from('b')), { code: 'EBUSY' })
})
