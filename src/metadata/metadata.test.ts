import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { openMetadata } from './index.ts'

function newPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'strata-metadata-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'metadata.db')
}

function newStore(t: TestContext) {
  const store = openMetadata(newPath(t))
  t.after(() => store[Symbol.dispose]())
  return store
}

test('records come back as they were put', t => {
  const store = newStore(t)
  const table = store.table<unknown>('things')
  assert.equal(table.get('a'), undefined)
  assert.equal(table.has('a'), false)
  table.put('a', { x: [1, null, 'é', { y: true }] })
  assert.deepEqual(table.get('a'), { x: [1, null, 'é', { y: true }] })
  table.put('a', 0)
  assert.equal(table.get('a'), 0)
  assert.equal(table.has('a'), true)
  assert.equal(table.count(), 1)
  assert.equal(store.table('others').count(), 0)
  assert.equal(table.delete('a'), true)
  assert.equal(table.delete('a'), false)
  assert.equal(table.count(), 0)
  assert.deepEqual(store.problems(), [])
})

test('a table has another version after every write, and after writes that were taken back', t => {
  const store = newStore(t)
  const table = store.table<number>('things')
  const other = store.table<number>('others')
  const seen = new Set([table.version])
  const isNew = () => {
    assert.ok(!seen.has(table.version))
    seen.add(table.version)
  }
  table.put('a', 1)
  isNew()
  table.delete('a')
  isNew()
  const undone = () =>
    store.transaction(() => {
      table.put('a', 2)
      isNew()
      throw new Error('no')
    })
  assert.throws(undone, /no/)
  isNew()
  const { version } = table
  other.put('a', 1)
  assert.equal(table.get('a'), undefined)
  assert.equal(table.version, version)
})

test('what is no record, or no key, is a bug', t => {
  const table = newStore(t).table<unknown>('things')
  assert.throws(() => table.put('a', undefined), TypeError)
  assert.throws(() => table.put('\ud800', 1), TypeError)
})

test('entries walks one table, by prefix, in bytewise order, whatever is written meanwhile', t => {
  const store = newStore(t)
  store.table('a').put('x', 1)
  store.table('c').put('x', 1)
  const table = store.table<number>('b')
  const keys = ['', 'a', 'a/1', 'a/2', 'a0', 'b', 'é', '\uffee', '😀']
  for (const [position, key] of keys.toReversed().entries()) table.put(key, position)
  assert.deepEqual(
    [...table.entries()].map(([key]) => key),
    keys,
  )
  assert.deepEqual(
    [...table.entries('a/')].map(([key]) => key),
    ['a/1', 'a/2'],
  )
  assert.deepEqual([...table.entries('zz')], [])
  for (const [key] of table.entries()) {
    assert.ok(table.delete(key))
    if (keys.includes(key)) table.put(`${key}!`, 0)
  }
})

test('a walk over more records than one page', t => {
  const store = newStore(t)
  const table = store.table<number>('many')
  const count = 4_321
  store.transaction(() => {
    for (let i = 0; i < count; i++) table.put(String(i).padStart(5, '0'), i)
  })
  assert.equal(table.count(), count)
  assert.deepEqual(
    [...table.entries()].map(([, value]) => value),
    Array.from({ length: count }, (_, i) => i),
  )
})

test('any key and any JSON value survive', t => {
  const table = newStore(t).table<unknown>('any')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (key, value) => {
      table.put(key, value)
      assert.deepEqual(JSON.stringify(table.get(key)), JSON.stringify(value))
      assert.ok(table.delete(key))
    }),
  )
})

test('a transaction happens whole or not at all', t => {
  const store = newStore(t)
  const table = store.table<number>('t')
  assert.equal(
    store.transaction(() => {
      table.put('a', 1)
      return 'result'
    }),
    'result',
  )
  const failing = () =>
    store.transaction(() => {
      table.put('a', 2)
      table.put('b', 2)
      assert.equal(table.get('a'), 2)
      throw new Error('stop')
    })
  assert.throws(failing, /^Error: stop$/)
  assert.deepEqual([...table.entries()], [['a', 1]])
})

test('nested transactions join: all go with the outer one, an inner one alone may be taken back', t => {
  const store = newStore(t)
  const table = store.table<number>('t')
  const put = (key: string) => store.transaction(() => table.put(key, 1))
  const inner = (key: string) => () =>
    store.transaction(() => {
      put(key)
      throw new Error('inner')
    })
  assert.throws(() => store.transaction(() => [put('a'), inner('b')()]), /inner/)
  assert.equal(table.count(), 0)
  store.transaction(() => {
    put('a')
    assert.throws(inner('b'), /inner/)
    put('c')
  })
  assert.deepEqual(
    [...table.entries()].map(([key]) => key),
    ['a', 'c'],
  )
})

test('async work is refused and leaves nothing', t => {
  const store = newStore(t)
  const table = store.table<number>('t')
  const work = () => {
    table.put('a', 1)
    return Promise.resolve()
  }
  assert.throws(() => store.transaction(work), TypeError)
  assert.equal(table.count(), 0)
})

test('a store that is opened again holds what it held', t => {
  const path = newPath(t)
  {
    using store = openMetadata(path)
    store.table('t').put('a', 1)
    store[Symbol.dispose]()
  }
  using store = openMetadata(path)
  assert.equal(store.table('t').get('a'), 1)
})

test('one process at a time', t => {
  const path = newPath(t)
  using store = openMetadata(path)
  store.table('t').put('a', 1)
  assert.throws(
    () => openMetadata(path),
    error => isStrataError(error, 'conflict') && /in use by another/.test(error.message),
  )
})

test('a file of a newer version, or of another kind, is refused and left alone', t => {
  const path = newPath(t)
  openMetadata(path)[Symbol.dispose]()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 7')
  database.close()
  assert.throws(
    () => openMetadata(path),
    error =>
      isStrataError(error, 'failed_precondition') &&
      /newer version of Strata \(schema 7, this one knows 1\)/.test(error.message),
  )
  writeFileSync(path, 'x'.repeat(8192))
  assert.throws(
    () => openMetadata(path),
    error => isStrataError(error, 'internal') && /not a metadata store/.test(error.message),
  )
})

test('kill -9 in the middle of commits loses nothing that was committed and tears nothing', {
  timeout: 60_000,
}, async t => {
  const path = newPath(t)
  const script = fileURLToPath(new URL('./testdata/committer.ts', import.meta.url))
  let durable = -1
  for (const after of [1, 40, 200, 7, 90]) {
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    let seen = 0
    for await (const line of createInterface({ input: child.stdout })) {
      durable = Math.max(durable, Number(line))
      if (++seen === after) child.kill('SIGKILL')
    }
    await exited
    using store = openMetadata(path)
    assert.deepEqual(store.problems(), [])
    const left = [...store.table<number>('left').entries()].map(([, value]) => value)
    assert.deepEqual(
      [...store.table<number>('right').entries()].map(([, value]) => value),
      left,
    )
    assert.deepEqual(
      left,
      Array.from({ length: left.length }, (_, position) => position),
    )
    assert.ok(left.length > durable, `${left.length} pairs are there, ${durable} was durable`)
  }
})
