import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { type Bytes, bytesOf, collect, isStrataError } from '../std/index.ts'
import { decompressHere, detectCompression } from './compression.ts'

const text = Buffer.from('a layer, '.repeat(10_000))
const zstd = (data: Uint8Array | string, checksum = false) =>
  zstdCompressSync(data, checksum ? { params: { 201: 1 } } : undefined)
/** A skippable frame: magic, size, and bytes that mean nothing to a decoder. */
const skippable = (size: number, nibble = 0) => {
  const frame = Buffer.alloc(8 + size, 0x28)
  frame.writeUInt32LE(0x184d2a50 + nibble, 0)
  frame.writeUInt32LE(size, 4)
  return frame
}
async function* cut(bytes: Uint8Array, step: number): Bytes {
  for (let at = 0; at < bytes.byteLength; at += step) yield bytes.subarray(at, at + step)
}
const inflate = (bytes: Uint8Array, step = Math.max(1, bytes.byteLength)) =>
  collect(decompressHere(cut(bytes, step)), 1 << 24)

test('compression is detected by its magic', () => {
  assert.equal(detectCompression(gzipSync('x')), 'gzip')
  assert.equal(detectCompression(zstd('x')), 'zstd')
  assert.equal(detectCompression(skippable(4, 15)), 'zstd')
  assert.equal(detectCompression(Buffer.from('usr/bin')), 'none')
  assert.equal(detectCompression(Buffer.from([0x1f, 0x8b])), 'none')
  assert.equal(detectCompression(new Uint8Array()), 'none')
  assert.equal(detectCompression(Buffer.from('BZh91A')), 'bzip2')
  assert.equal(detectCompression(Buffer.from('\xfd7zXZ\0', 'latin1')), 'xz')
})

test('every form is decompressed, in chunks of any size', async () => {
  for (const bytes of [gzipSync(text), zstd(text), zstd(text, true), text]) {
    for (const step of [3, 1000, bytes.byteLength]) assert.deepEqual(await inflate(bytes, step), text)
  }
  assert.equal((await inflate(gzipSync(''))).byteLength, 0)
  assert.equal((await inflate(zstd(''))).byteLength, 0)
  assert.equal((await inflate(Buffer.alloc(0))).byteLength, 0)
  assert.equal((await inflate(Buffer.from('ab'), 1)).toString(), 'ab')
})

test('what is said of the compression wins over the magic', async () => {
  const bytes = gzipSync(text)
  assert.deepEqual(await collect(decompressHere(bytesOf(bytes), { compression: 'none' }), 1 << 20), bytes)
  await assert.rejects(collect(decompressHere(bytesOf(text), { compression: 'gzip' }), 1 << 20), {
    code: 'invalid_argument',
  })
  await assert.rejects(
    collect(decompressHere(bytesOf(text), { compression: 'zstd' }), 1 << 20),
    /invalid input: magic number mismatch/,
  )
})

test('several gzip members, and several zstd frames with skippable ones among them, are one stream', async () => {
  const members = Buffer.concat([gzipSync('one '), gzipSync(text), gzipSync(' two')])
  const frames = Buffer.concat([
    skippable(0),
    zstd('one '),
    skippable(100),
    zstd(text, true),
    zstd(' two'),
    skippable(5, 7),
  ])
  const expected = Buffer.concat([Buffer.from('one '), text, Buffer.from(' two')])
  for (const step of [1, 7, 100_000]) {
    assert.deepEqual(await inflate(members, step), expected)
    assert.deepEqual(await inflate(frames, step), expected)
  }
})

test('zstd frames of any content, count and cut', async () => {
  const part = fc.record({
    data: fc.uint8Array({ maxLength: 3000 }),
    checksum: fc.boolean(),
    skip: fc.option(fc.nat(50)),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 5000 }),
      async (parts, step) => {
        const frames = parts.flatMap(({ data, checksum, skip }) => [
          zstd(data, checksum),
          ...(skip === null ? [] : [skippable(skip)]),
        ])
        assert.deepEqual(await inflate(Buffer.concat(frames), step), Buffer.concat(parts.map(({ data }) => data)))
      },
    ),
    { numRuns: 60 },
  )
})

test('cut off or damaged input', async () => {
  const bad = (bytes: Uint8Array) =>
    assert.rejects(inflate(bytes, 1000), error => isStrataError(error, 'invalid_argument'))
  for (const [name, bytes] of Object.entries({ gzip: gzipSync(text), zstd: zstd(text, true) })) {
    await bad(bytes.subarray(0, -1))
    await bad(bytes.subarray(0, bytes.byteLength / 2))
    await bad(Buffer.concat([bytes, bytes.subarray(0, 10)]))
    await bad(Buffer.concat([bytes, Buffer.from('garbage!')]))
    const damaged = Buffer.from(bytes)
    damaged[damaged.byteLength - (name === 'gzip' ? 6 : 2)]! ^= 0xff
    await bad(damaged)
  }
  await bad(Buffer.concat([skippable(10).subarray(0, 12)]))
})

test('a failing input keeps its error', async () => {
  for (const start of [gzipSync(text), zstd(text), text]) {
    async function* broken(): Bytes {
      yield start.subarray(0, 20)
      throw Object.assign(new Error('line cut'), { code: 'ECONNRESET' })
    }
    await assert.rejects(collect(decompressHere(broken()), 1 << 24), { message: 'line cut', code: 'ECONNRESET' })
  }
})

test('a reader that leaves early ends the input', async () => {
  for (const bytes of [gzipSync(text), zstd(text), text]) {
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    async function* endless(): Bytes {
      try {
        for (;;) yield bytes
      } finally {
        resolve()
      }
    }
    for await (const chunk of decompressHere(endless())) {
      assert.ok(chunk.byteLength > 0)
      break
    }
    await ended
  }
})
