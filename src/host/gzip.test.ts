import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { crc32, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type Bytes, bytesOf, collect, isStrataError } from '../std/index.ts'
import { addon } from './addon.ts'
import { deflatePiece, gunzip, gzipImplementation } from './gzip.ts'
import { deflatePieceIsal, inflateIsal } from './gzip-isal.ts'
import type { DeflatedPiece, GzipLevel } from './gzip-piece.ts'
import { deflatePieceZlib, inflateZlib } from './gzip-zlib.ts'
import { isTrailing } from './trailing.ts'

const LIMIT = 1 << 30
const MIB = 1 << 20

/** Copies of the bytes, cut at the given places. */
async function* cut(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(places.map(place => Math.min(place, bytes.byteLength)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...ends, bytes.byteLength]) {
    if (to > from) yield new Uint8Array(bytes.subarray(from, to))
    from = to
  }
}

const everyByte = (bytes: Uint8Array) =>
  cut(
    bytes,
    Array.from({ length: bytes.byteLength }, (_, i) => i),
  )

/** Text and noise: compressible in part. */
function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = i & 4096 ? state >>> 24 : 97 + ((state >>> 24) % 5)
  }
  return bytes
}

/** A member with every optional field of RFC 1952, section 2.3. */
function decorated(content: Buffer): Buffer {
  const plain = gzipSync(content)
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0b11110, 1, 2, 3, 4, 0, 3]),
    Buffer.from([6, 0, 0x41, 0x42, 2, 0, 9, 9]),
    Buffer.from('a name\0a comment\0'),
  ])
  const check = Buffer.alloc(2)
  check.writeUInt16LE(crc32(header) & 0xffff)
  return Buffer.concat([header, check, plain.subarray(10)])
}

interface Implementation {
  readonly name: string
  readonly inflate: (input: Bytes) => AsyncGenerator<Uint8Array>
  readonly deflate: (input: Uint8Array, level: GzipLevel) => Promise<DeflatedPiece>
}
const zlib: Implementation = { name: 'zlib', inflate: inflateZlib, deflate: deflatePieceZlib }
const implementations: readonly Implementation[] = addon().isal
  ? [zlib, { name: 'isa-l', inflate: inflateIsal, deflate: deflatePieceIsal }]
  : [zlib]

const invalid = (message: string) => (error: unknown) =>
  isStrataError(error, 'invalid_argument') && error.message === message

for (const { name, inflate, deflate } of implementations) {
  describe(`gzip by ${name}`, () => {
    const inflated = (input: Bytes) => collect(inflate(input), LIMIT)

    test('reads any cut of what zlib wrote', async () => {
      const content = sample(300_000)
      const compressed = gzipSync(content)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(compressed.byteLength), { maxLength: 20 }), async places => {
          assert.ok(content.equals(await inflated(cut(compressed, places))))
        }),
        { numRuns: 30 },
      )
      assert.equal((await inflated(everyByte(gzipSync('')))).byteLength, 0)
    })

    test('reads all optional header fields and members one after the other, cut anywhere', async () => {
      const content = sample(500)
      const stream = Buffer.concat([decorated(content), gzipSync(''), decorated(content), gzipSync('end')])
      const expected = Buffer.concat([content, content, Buffer.from('end')])
      assert.ok(expected.equals(await inflated(bytesOf(stream))))
      assert.ok(expected.equals(await inflated(everyByte(stream))))
    })

    test('cut off anywhere, it says so', async () => {
      const stream = Buffer.concat([decorated(sample(100)), decorated(sample(50))])
      const boundary = decorated(sample(100)).byteLength
      for (let size = 0; size < stream.byteLength; size++) {
        if (size === boundary) continue
        await assert.rejects(inflated(bytesOf(stream.subarray(0, size))), invalid('unexpected EOF'), `${size} bytes`)
      }
      assert.ok(sample(100).equals(await inflated(bytesOf(stream.subarray(0, boundary)))))
    })

    test('corrupt headers, data and trailers are told apart', async () => {
      const good = decorated(sample(5000))
      const damaged = (at: number) => {
        const copy = Buffer.from(good)
        copy[at < 0 ? copy.byteLength + at : at]! ^= 0x55
        return inflated(bytesOf(copy))
      }
      for (const at of [0, 1, 2, 12, 20])
        await assert.rejects(damaged(at), invalid('gzip: invalid header'), `byte ${at}`)
      for (const at of [-1, -4, -5, -8]) await assert.rejects(damaged(at), invalid('gzip: invalid checksum'))
      // A block of type 3 does not exist (RFC 1951, section 3.2.3).
      const block = Buffer.from(gzipSync('x'))
      block[10] = 0b111
      await assert.rejects(inflated(bytesOf(block)), invalid('flate: corrupt input'))
      await assert.rejects(inflated(bytesOf(good, 'junk')), invalid('gzip: invalid header'))
      await assert.rejects(inflated(bytesOf('this is no gzip stream')), invalid('gzip: invalid header'))
    })

    test('no bytes at all, of whatever content, end in anything but a result or invalid_argument', async () => {
      const good = gzipSync(sample(3000))
      const flips = fc.array(fc.record({ at: fc.nat(good.byteLength - 1), bit: fc.nat(7) }), {
        minLength: 1,
        maxLength: 6,
      })
      await fc.assert(
        fc.asyncProperty(flips, fc.nat(good.byteLength), async (changes, place) => {
          const bytes = Buffer.from(good)
          for (const { at, bit } of changes) bytes[at]! ^= 1 << bit
          try {
            const result = await inflated(cut(bytes, [place]))
            assert.ok(result.equals(sample(3000)))
          } catch (error) {
            assert.ok(isStrataError(error, 'invalid_argument'), String(error))
          }
        }),
        { numRuns: 300 },
      )
    })

    test('a failure of the input comes through', async () => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield gzipSync('x').subarray(0, 5)
        throw new Error('the network is down')
      }
      await assert.rejects(collect(inflate(failing()), LIMIT), /the network is down/)
    })

    test('leaving early closes the input', async () => {
      const closed = Promise.withResolvers<void>()
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield gzipSync(sample(200_000))
        } finally {
          closed.resolve()
        }
      }
      for await (const chunk of inflate(endless())) {
        assert.ok(chunk.byteLength > 0)
        break
      }
      await closed.promise
    })

    test('output comes in buffers of its own of at most 1 MiB', async () => {
      const buffers = new Set<ArrayBufferLike>()
      const check = (chunk: Uint8Array) => {
        assert.equal(chunk.byteLength, chunk.buffer.byteLength)
        assert.ok(chunk.byteLength <= MIB && chunk.byteLength > 0)
        assert.ok(!buffers.has(chunk.buffer))
        buffers.add(chunk.buffer)
      }
      const content = sample(5 * MIB)
      for await (const chunk of inflate(bytesOf(gzipSync(content, { level: 1 })))) check(chunk)
      assert.equal(buffers.size, 5)
      for (const level of [0, 3] as const) check((await deflate(content.subarray(0, MIB / 2), level)).blocks)
    })

    test('pieces, every level, are read by all when they are put together', async () => {
      const content = sample(3 * MIB + 17)
      const cuts = [0, 0, 5, MIB, 2 * MIB + 1, content.byteLength]
      const sizes: number[] = []
      for (const level of [0, 1, 2, 3] as const) {
        const parts = cuts.slice(1).map((end, at) => content.subarray(cuts[at], end))
        const deflated = () => Promise.all(parts.map(part => deflate(part, level)))
        const pieces = await deflated()
        for (const [at, { crc }] of pieces.entries()) assert.equal(crc, crc32(parts[at]!))
        const compressed = member(content, pieces)
        sizes.push(compressed.byteLength)
        assert.ok(gunzipSync(compressed).equals(content))
        for (const reader of implementations) {
          assert.ok((await collect(reader.inflate(bytesOf(compressed)), LIMIT)).equals(content))
        }
        assert.deepEqual(await deflated(), pieces)
      }
      assert.ok(sizes[3]! < sizes[0]!)
    })

    test('what can not be compressed grows by little', async () => {
      for (const size of [0, 1, 100, MIB]) {
        const noise = randomBytes(size)
        for (const level of [0, 1, 2, 3] as const) {
          const piece = await deflate(noise, level)
          // Level 0 of ISA-L has one table for all content.
          const more = level === 0 ? size / 2 : size / 512
          const grown = piece.blocks.byteLength
          assert.ok(grown < size + more + 256, `${size} bytes to ${grown} at level ${level}`)
          assert.ok(gunzipSync(member(noise, [piece])).equals(noise))
        }
      }
    })
  })
}

test('the one that is used is there, and both ways fit', async () => {
  assert.equal(gzipImplementation(), addon().isal ? 'isa-l' : 'zlib')
  const content = sample(100_000)
  const compressed = member(content, [await deflatePiece(content, 1)])
  assert.ok((await collect(gunzip(bytesOf(compressed)), LIMIT)).equals(content))
})

/** A whole gzip member of `content`: header, pieces, an empty last block, trailer. */
function member(content: Uint8Array, pieces: readonly DeflatedPiece[]): Buffer {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(content))
  trailer.writeUInt32LE(content.byteLength, 4)
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  return Buffer.concat([header, ...pieces.map(({ blocks }) => blocks), Buffer.from([3, 0]), trailer])
}

if (addon().isal) {
  test('what follows the last member is told when all of the data has been given out', async () => {
    const content = sample(3000)
    const stream = Buffer.concat([gzipSync(content), gzipSync('end')])
    const expected = Buffer.concat([content, Buffer.from('end')])
    const behind = [
      Buffer.alloc(1),
      Buffer.alloc(5000),
      Buffer.from('junk'),
      Buffer.from([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0]),
    ]
    for (const rest of behind) {
      for (const input of [bytesOf(Buffer.concat([stream, rest])), everyByte(Buffer.concat([stream, rest]))]) {
        const got: Uint8Array[] = []
        await assert.rejects(
          async () => {
            for await (const chunk of inflateIsal(input)) got.push(chunk)
          },
          (error: unknown) => isTrailing(error) && invalid('gzip: invalid header')(error),
        )
        assert.ok(expected.equals(Buffer.concat(got)))
      }
    }
  })
}

test('zlib passes over zeros behind the last member', async () => {
  const padded = Buffer.concat([gzipSync('text'), Buffer.alloc(1000)])
  assert.equal((await collect(inflateZlib(bytesOf(padded)), LIMIT)).toString(), 'text')
})
