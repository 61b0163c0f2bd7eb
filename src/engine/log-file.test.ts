import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ReadLogOptions, readLog } from './log-file.ts'

const line = (n: number) =>
  `${JSON.stringify({ log: `line ${n}\n`, stream: n % 2 ? 'stderr' : 'stdout', time: `2026-01-01T00:00:0${n % 10}.5Z` })}\n`
const all: ReadLogOptions = { rotated: 3, tail: undefined, follow: undefined, signal: new AbortController().signal }

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'strata-log-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function texts(path: string, options: Partial<ReadLogOptions> = {}): Promise<string[]> {
  const out: string[] = []
  for await (const batch of readLog(path, { ...all, ...options })) {
    for (const record of batch) out.push(Buffer.from(record.data).toString().trim())
  }
  return out
}

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`)

test('reads rotated files oldest first, passes over a torn line, and gives any tail', async t => {
  const path = join(await folder(t), 'c.log')
  await writeFile(`${path}.2`, line(1) + line(2))
  await writeFile(`${path}.1`, line(3) + line(4))
  await writeFile(path, `${line(5) + line(6)}{"log":"to`)
  assert.deepEqual(await texts(path), lines(1, 6))
  await writeFile(path, line(5) + line(6))
  for (let tail = 0; tail <= 8; tail++) {
    assert.deepEqual(await texts(path, { tail }), tail === 0 ? [] : lines(Math.max(1, 7 - tail), 6), `tail ${tail}`)
  }
})

test('a tail that reaches over several chunks', async t => {
  const path = join(await folder(t), 'c.log')
  const many = Array.from({ length: 5000 }, (_, i) => line(i)).join('')
  await writeFile(path, many)
  assert.deepEqual(await texts(path, { tail: 3000 }), lines(2000, 4999))
})

test('follow sees appended lines and a rotation, and ends with the container', async t => {
  const path = join(await folder(t), 'c.log')
  await writeFile(path, line(1))
  const { promise, resolve } = Promise.withResolvers<void>()
  const seen: string[] = []
  for await (const batch of readLog(path, { ...all, rotated: 0, follow: { ended: promise } })) {
    assert.equal(batch.length, 1)
    const text = Buffer.from(batch[0]!.data).toString()
    seen.push(text.trim())
    if (text === 'line 1\n') await appendFile(path, line(2))
    if (text === 'line 2\n') {
      await rename(path, `${path}.1`)
      await writeFile(path, line(3))
    }
    if (text === 'line 3\n') {
      await appendFile(path, line(4))
      resolve()
    }
  }
  assert.deepEqual(seen, lines(1, 4))
})
