import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { collect } from './bytes.ts'
import { isStrataError } from './errors.ts'
import { readFileRange } from './read-file-range.ts'

const MIB = 1 << 20

async function fileOf(t: TestContext, bytes: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), 'strata-range-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'file')
  await writeFile(path, bytes)
  return open(path)
}

test('any range of a file comes whole and in order', async t => {
  const bytes = randomBytes(3 * MIB + 5)
  await using file = await fileOf(t, bytes)
  for (const [start, end] of [
    [0, bytes.byteLength],
    [0, 2 * MIB],
    [7, MIB + 6],
    [bytes.byteLength - 1, bytes.byteLength],
    [9, 9],
  ] as const) {
    assert.ok((await collect(readFileRange(file, start, end), 4 * MIB)).equals(bytes.subarray(start, end)))
  }
})

test('a file that is shorter than its range is an error, after all of its bytes', async t => {
  await using file = await fileOf(t, randomBytes(MIB + 1))
  let seen = 0
  const reading = (async () => {
    for await (const chunk of readFileRange(file, 0, 2 * MIB)) seen += chunk.byteLength
  })()
  await assert.rejects(reading, error => isStrataError(error, 'internal'))
  assert.equal(seen, MIB + 1)
})

test('a reader may leave early, and the file be closed at once', async t => {
  const file = await fileOf(t, randomBytes(3 * MIB))
  for await (const chunk of readFileRange(file, 0, 3 * MIB)) {
    assert.equal(chunk.byteLength, MIB)
    break
  }
  await file.close()
})
