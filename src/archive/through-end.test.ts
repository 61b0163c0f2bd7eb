import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { decompress, TarScanner, throughEnd } from './index.ts'
import { block, padded } from './testdata/raw-tar.ts'

const data = Buffer.alloc(700, 'x')
const open = Buffer.concat([block({ name: 'a', size: data.byteLength }), padded(data)])
const tar = Buffer.concat([open, Buffer.alloc(1024)])
const forms = { gzip: gzipSync, zstd: zstdCompressSync } as const
const behind = {
  'a zero': Buffer.alloc(1),
  zeros: Buffer.alloc(5000),
  'a byte': Buffer.from('j'),
  junk: Buffer.from('junk and more junk'.repeat(500)),
  'zeros and more of it': Buffer.concat([Buffer.alloc(8), gzipSync(tar), zstdCompressSync(tar)]),
}

/** What a reader of tars takes of the bytes. */
async function read(bytes: Uint8Array, chunk = bytes.byteLength): Promise<number> {
  const scanner = new TarScanner({ onEntry: () => {} })
  async function* input() {
    for (let at = 0; at < bytes.byteLength; at += chunk) yield Buffer.from(bytes.subarray(at, at + chunk))
  }
  const { signal } = new AbortController()
  for await (const piece of throughEnd(decompress(input(), { signal }), scanner)) scanner.push(piece)
  scanner.finish()
  return scanner.entries
}

for (const [form, compress] of Object.entries(forms)) {
  test(`${form}: what lies behind a tar that has ended does not matter`, async () => {
    for (const [what, rest] of Object.entries(behind)) {
      const bytes = Buffer.concat([compress(tar), rest])
      assert.equal(await read(bytes), 1, what)
      assert.equal(await read(bytes, 3), 1, `${what}, in small pieces`)
    }
  })

  test(`${form}: before its end nothing may lie between`, async () => {
    const [half, rest] = [open, tar.subarray(open.byteLength)].map(part => compress(part)) as [Buffer, Buffer]
    assert.equal(await read(Buffer.concat([half, rest])), 1)
    await assert.rejects(read(Buffer.concat([half, Buffer.alloc(4), rest])), {
      message: form === 'gzip' ? 'gzip: invalid header' : 'invalid input: magic number mismatch',
    })
  })

  test(`${form}: damage and a cut are told, wherever they are`, async () => {
    const whole = compress(tar)
    await assert.rejects(read(whole.subarray(0, -1)), { message: 'unexpected EOF' })
    await assert.rejects(read(Buffer.concat([whole, compress(tar).subarray(0, 20)])), { message: 'unexpected EOF' })
  })
}

test('a gzip whose checksum is wrong is refused, though its tar has ended', async () => {
  const bytes = gzipSync(tar)
  bytes[bytes.byteLength - 5]! ^= 1
  await assert.rejects(read(bytes), { message: 'gzip: invalid checksum' })
})

test('xz and bzip2 that are cut off or damaged, in the words of dockerd', async () => {
  const packed = (program: string) => execFileSync(program, ['-c'], { input: tar })
  const [xz, bzip2] = ['xz', 'bzip2'].map(packed) as [Buffer, Buffer]
  assert.equal(await read(Buffer.concat([bzip2, Buffer.from('junk')])), 1)
  await assert.rejects(read(xz.subarray(0, 40)), { message: 'exit status 1: xz: (stdin): Unexpected end of input\n' })
  await assert.rejects(read(bzip2.subarray(0, 40)), { message: 'unexpected EOF' })
  const damaged = Buffer.from(bzip2)
  damaged[12]! ^= 1
  await assert.rejects(read(damaged), { message: 'bzip2 data invalid' })
  damaged[3] = 0x41
  await assert.rejects(read(damaged), { message: 'bzip2 data invalid: invalid compression level' })
})
