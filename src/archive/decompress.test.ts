import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { run } from '../host/index.ts'
import { type Bytes, bytesOf, collect, StrataError } from '../std/index.ts'
import { decompress } from './decompress.ts'

const text = Buffer.concat([Buffer.from('an archive, '.repeat(100_000)), randomBytes(500_000), Buffer.alloc(3_000_000)])
const { signal } = new AbortController()

/** What the program makes of the text. */
async function compressed(program: 'xz' | 'bzip2'): Promise<Buffer> {
  const { stdout } = await run('sh', ['-c', `${program} -1 --stdout | base64`], { input: text })
  return Buffer.from(stdout, 'base64')
}

async function* cut(bytes: Uint8Array, step: number): Bytes {
  for (let at = 0; at < bytes.byteLength; at += step) yield bytes.slice(at, at + step)
}

test('every compression is undone, away from the event loop', async () => {
  const forms = [text, gzipSync(text), zstdCompressSync(text), await compressed('xz'), await compressed('bzip2')]
  for (const form of forms) assert.ok((await collect(decompress(cut(form, 70_000), { signal }), 1 << 24)).equals(text))
})

test('what is cut off or damaged is refused', async () => {
  const checked = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
  for (const form of [gzipSync(text), checked, await compressed('xz'), await compressed('bzip2')]) {
    const damaged = Buffer.from(form)
    damaged.fill(0x55, Math.floor(form.byteLength / 2), Math.floor(form.byteLength / 2) + 100)
    for (const bytes of [form.subarray(0, Math.floor(form.byteLength / 2)), damaged]) {
      await assert.rejects(collect(decompress(cut(bytes, 70_000), { signal }), 1 << 24), { code: 'invalid_argument' })
    }
  }
})

test('an abort, a failing source and a reader that leaves end a program', async () => {
  const form = await compressed('xz')
  const stop = new AbortController()
  async function* endless(): Bytes {
    for (;;) yield form
  }
  async function* broken(): Bytes {
    yield form.subarray(0, 1000)
    throw new StrataError('unavailable', 'line cut')
  }
  await assert.rejects(collect(decompress(broken(), { signal }), 1 << 24), { message: 'line cut' })
  for await (const chunk of decompress(endless(), { signal })) {
    assert.ok(chunk.byteLength > 0)
    break
  }
  const reading = (async () => {
    for await (const _ of decompress(endless(), { signal: stop.signal })) stop.abort()
  })()
  await assert.rejects(reading, { code: 'canceled' })
  await assert.rejects(collect(decompress(bytesOf(form), { signal: stop.signal }), 1 << 24), { code: 'canceled' })
})
