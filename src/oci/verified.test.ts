import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, collect, isStrataError } from '../std/index.ts'
import { compressionOf, digestOf, isForeignLayer, isLayer, mediaTypes, verified } from './index.ts'

const expected = { digest: digestOf('hello'), size: 5 }

test('passes on what is right', async () => {
  assert.equal((await collect(verified(bytesOf('he', 'llo'), expected), 100)).toString(), 'hello')
  assert.equal((await collect(verified(bytesOf(), { digest: digestOf(''), size: 0 }), 100)).byteLength, 0)
})

test('fails at other bytes, with both digests', async () => {
  await assert.rejects(collect(verified(bytesOf('hullo'), expected), 100), error => {
    assert.ok(isStrataError(error, 'failed_precondition'))
    assert.deepEqual(error.details, { expected: expected.digest, actual: digestOf('hullo') })
    return true
  })
})

test('fails when bytes are missing', async () => {
  await assert.rejects(collect(verified(bytesOf('hell'), expected), 100), /expected 5 bytes, got 4/)
})

test('never hands on more than was promised', async () => {
  const got: string[] = []
  const read = async () => {
    for await (const chunk of verified(bytesOf('hel', 'lo!', 'more'), expected)) got.push(Buffer.from(chunk).toString())
  }
  await assert.rejects(read, error => isStrataError(error, 'failed_precondition') && /got more/.test(error.message))
  assert.deepEqual(got, ['hel'])
})

test('layers by media type', () => {
  assert.equal(compressionOf(mediaTypes.ociLayerZstd), 'zstd')
  assert.equal(compressionOf(mediaTypes.dockerLayerGzip), 'gzip')
  assert.equal(compressionOf(mediaTypes.ociLayer), 'none')
  assert.equal(compressionOf('application/vnd.in-toto+json'), undefined)
  assert.ok(!isLayer('toString'))
  assert.ok(isForeignLayer(mediaTypes.dockerForeignLayerGzip))
  assert.ok(isForeignLayer('application/vnd.oci.image.layer.nondistributable.v1.tar+zstd'))
  assert.ok(!isForeignLayer(mediaTypes.ociLayer))
})
