import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, collect } from '../std/index.ts'
import { readTar } from './reader.ts'
import { block, END, entry } from './testdata/raw-tar.ts'

test('a chunk is asked for only when it is needed, and unread data are skipped', async () => {
  const archive = Buffer.concat([entry({ name: 'a' }, 'A'.repeat(5000)), entry({ name: 'b' }, 'data'), END])
  let given = 0
  async function* chunks() {
    for (let at = 0; at < archive.byteLength; at += 512) {
      given++
      yield archive.subarray(at, at + 512)
    }
  }
  const entries = readTar(chunks())
  const a = (await entries.next()).value!
  assert.equal(given, 1)
  const data = a.data[Symbol.asyncIterator]()
  assert.equal((await data.next()).value!.byteLength, 512)
  assert.equal(given, 2)
  const b = (await entries.next()).value!
  assert.equal(b.name, 'b')
  assert.equal((await data.next()).done, true, 'data of an entry that was left are gone')
  assert.equal((await collect(b.data, 100)).toString(), 'data')
  assert.equal((await entries.next()).done, true)
  assert.equal(given, archive.byteLength / 512, 'all of the input was read')
})

test('leaving early ends the input', async () => {
  let ended = false
  async function* chunks() {
    try {
      yield Buffer.concat([block({ name: 'a' }), block({ name: 'b' })])
      yield END
    } finally {
      ended = true
    }
  }
  for await (const { name } of readTar(chunks())) {
    assert.equal(name, 'a')
    break
  }
  assert.equal(ended, true)
})

test('entries before a fault are handed out, then it is thrown', async () => {
  const names: string[] = []
  await assert.rejects(async () => {
    for await (const found of readTar(bytesOf(Buffer.concat([block({ name: 'a' }), Buffer.alloc(512, 'x')]))))
      names.push(found.name)
  }, /invalid tar header at offset 512/)
  assert.deepEqual(names, ['a'])
})

test('data that end too soon fail the reader of the data', async () => {
  await assert.rejects(async () => {
    for await (const found of readTar(bytesOf(entry({ name: 'a' }, 'x'.repeat(600)).subarray(0, 700))))
      await collect(found.data, 1000)
  }, /unexpected EOF/)
})

test('a failing input fails the reader with its error', async () => {
  async function* broken() {
    yield block({ name: 'a', size: 10 })
    throw new Error('line cut')
  }
  await assert.rejects(async () => {
    for await (const found of readTar(broken())) await collect(found.data, 1000)
  }, /line cut/)
})
