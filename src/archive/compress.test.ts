import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { crc32, gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { bytesOf, collect } from '../std/index.ts'
import { createCompressor } from './compress.ts'
import { combineCrc32 } from './crc32-combine.ts'

const MIB = 1 << 20
const LIMIT = 1 << 30

/** Compressible in its first half. */
function sample(size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size >> 1, 'some text of little meaning, '), randomBytes(size - (size >> 1))])
}

/** The bytes to give away: buffers change threads. */
const own = (content: Uint8Array) => bytesOf(new Uint8Array(content))

test('checksums of parts give that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      assert.equal(combineCrc32(crc32(a), crc32(b), b.byteLength), crc32(Buffer.concat([a, b])))
    }),
  )
})

const readers = { gzip: gunzipSync, zstd: zstdDecompressSync } as const

for (const compression of ['gzip', 'zstd'] as const) {
  describe(`compression to ${compression}`, () => {
    const compressor = createCompressor({ compression, level: 1 })

    test('is read by all, is the same each time and has no time in it', async () => {
      for (const size of [1, 1024, MIB, 5 * MIB + 12_345]) {
        const content = sample(size)
        const made = await collect(compressor.compress(() => own(content)).bytes(), LIMIT)
        assert.ok(readers[compression](made).equals(content), `${size} bytes`)
        const cut = () =>
          bytesOf(new Uint8Array(content.subarray(0, size >> 2)), new Uint8Array(content.subarray(size >> 2)))
        assert.ok(made.equals(await collect(compressor.compress(cut).bytes(), LIMIT)))
      }
      const empty = await collect(compressor.compress(() => bytesOf()).bytes(), LIMIT)
      if (compression === 'gzip') assert.deepEqual([...empty.subarray(0, 9)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0])
    })

    test('parts that were made are made again', async () => {
      const content = sample(4 * MIB + 77)
      const archive = compressor.compress(() => own(content))
      const made = await collect(archive.bytes(), LIMIT)
      const size = made.byteLength
      const edges = [0, 1, 9, 10, 11, 200_000, size - 11, size - 10, size - 9, size - 1, size]
      for (const from of edges) {
        for (const to of edges.filter(edge => edge > from)) {
          const part = await collect(archive.again(from, to), LIMIT)
          assert.ok(part.equals(made.subarray(from, to)), `${from} to ${to}`)
        }
      }
    })

    test('parts can be made again while the rest is still to come', async () => {
      const content = sample(12 * MIB)
      const archive = compressor.compress(() => own(content))
      const whole: Uint8Array[] = []
      let size = 0
      for await (const chunk of archive.bytes()) {
        whole.push(chunk)
        size += chunk.byteLength
        const part = await collect(archive.again(size >> 1, size), LIMIT)
        assert.ok(part.equals(Buffer.concat(whole).subarray(size >> 1)))
      }
      assert.ok(readers[compression](Buffer.concat(whole)).equals(content))
    })
  })
}

test('a source that fails fails the archive', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(3 * MIB)
    throw new Error('no such sector')
  }
  const archive = createCompressor({ compression: 'gzip', level: 1 }).compress(failing)
  await assert.rejects(collect(archive.bytes(), LIMIT), /no such sector/)
})
