import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_BYTES } from './blocks.ts'
import { errnoOf } from './errors.ts'
import { WriteBehind } from './write-behind.ts'

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'strata-write-behind-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'file')
}

async function written(path: string, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const fd = openSync(path, 'w')
  try {
    await using file = new WriteBehind(fd)
    for (const chunk of chunks) {
      file.push(chunk)
      await file.room()
    }
    await file.finish()
  } finally {
    closeSync(fd)
  }
  return readFileSync(path)
}

test('a file holds all chunks in order, whatever their sizes', async t => {
  const path = scratch(t)
  const size = fc.oneof(fc.nat(600), fc.constantFrom(65_535, 65_536, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1))
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 12 }), async sizes => {
      const chunks = sizes.map((each, i) => new Uint8Array(each).fill(i + 1))
      const whole = Buffer.concat(chunks)
      assert.ok((await written(path, chunks)).equals(whole))
    }),
    { numRuns: 30 },
  )
})

test('what can not be written is an error before long, and at the end; disposing only waits', async t => {
  const path = scratch(t)
  closeSync(openSync(path, 'w'))
  const fd = openSync(path, 'r')
  t.after(() => closeSync(fd))
  const file = new WriteBehind(fd)
  await assert.rejects(
    async () => {
      for (let i = 0; i < 20; i++) {
        file.push(new Uint8Array(BLOCK_BYTES))
        await file.room()
      }
    },
    error => errnoOf(error) === 'EBADF',
  )
  await assert.rejects(file.finish(), error => errnoOf(error) === 'EBADF')
  await file[Symbol.asyncDispose]()
})
