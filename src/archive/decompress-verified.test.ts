import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Digest } from '../oci/index.ts'
import { type Bytes, collect, isStrataError } from '../std/index.ts'
import { decompressVerified } from './decompress-verified.ts'

const layer = Buffer.concat([randomBytes(300_000), Buffer.alloc(3_000_000, 'tar'), randomBytes(1000)])
const expectation = (bytes: Uint8Array) => ({
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest,
  size: bytes.byteLength,
})
async function* cut(bytes: Uint8Array, step = 60_000): Bytes {
  for (let at = 0; at < bytes.byteLength; at += step) yield bytes.subarray(at, at + step)
}
const run = (bytes: Uint8Array, expect = expectation(bytes), limit?: number) =>
  decompressVerified(cut(bytes), { expect, ...(limit !== undefined && { limit }) })

async function refused(bytes: Uint8Array, expect: ReturnType<typeof expectation>): Promise<void> {
  const output = run(bytes, expect)
  const isRefusal = (error: unknown) =>
    isStrataError(error, 'failed_precondition') &&
    error.message === `filesystem layer verification failed for digest ${expect.digest}`
  await assert.rejects(collect(output, 1 << 24), isRefusal)
}

test('gzip, zstd and plain layers come out whole, and verified', async () => {
  for (const bytes of [gzipSync(layer), zstdCompressSync(layer), layer]) {
    assert.deepEqual(await collect(run(bytes), 1 << 24), layer)
  }
})

test('another digest or size fails, even when the bytes decompress well', async () => {
  const bytes = gzipSync(layer)
  const good = expectation(bytes)
  await refused(bytes, { ...good, digest: expectation(layer).digest })
  await refused(bytes, { ...good, size: good.size + 1 })
  await refused(bytes, { ...good, size: good.size - 1 })
})

test('a damaged blob is told by its digest, not by what the decompressor stumbled over', async () => {
  for (const bytes of [gzipSync(layer), zstdCompressSync(layer)]) {
    const damaged = Buffer.from(bytes)
    damaged.fill(0xff, 1000, 1100)
    await refused(damaged, expectation(bytes))
    await refused(bytes.subarray(0, -100_000), expectation(bytes))
  }
})

test('a blob that is what was promised, but corrupt', async () => {
  const bytes = gzipSync(layer).subarray(0, -5)
  const output = run(bytes)
  await assert.rejects(collect(output, 1 << 24), { code: 'invalid_argument' })
})

test('input beyond the expected size is cut off at once', async () => {
  const expect = expectation(randomBytes(100_000))
  let given = 0
  async function* endless(): Bytes {
    for (;;) {
      given++
      yield randomBytes(50_000)
    }
  }
  const output = decompressVerified(endless(), { expect, compression: 'none' })
  await assert.rejects(collect(output, 1 << 24), { code: 'failed_precondition' })
  assert.ok(given < 20, `${given} chunks were taken`)
})

test('a decompression bomb stops at the limit', async () => {
  const bytes = gzipSync(Buffer.alloc(20_000_000))
  const output = run(bytes, expectation(bytes), 3_000_000)
  let size = 0
  await assert.rejects(
    async () => {
      for await (const chunk of output) size += chunk.byteLength
    },
    { code: 'invalid_argument', message: 'decompressed layer is larger than 3000000 bytes' },
  )
  assert.ok(size <= 3_000_000)
})
