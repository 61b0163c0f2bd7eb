import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { TarInput } from '../../archive/index.ts'
import { mount } from '../../host/index.ts'
import { asDiffID, digestOf, parseDiffID } from '../../oci/index.ts'
import { type Bytes, collect, isStrataError, StrataError } from '../../std/index.ts'
import type { IngestOptions } from '../layers.ts'
import { all, chunks, layerFolder, leftovers, type MakeDriver, makeRootFolder, never, put, setUp } from './setup.ts'
import { file, folder, link, symlink, tarOf, whiteout } from './tar.ts'

const code = (expected: StrataError['code'], text?: RegExp) => (error: unknown) => {
  assert.ok(isStrataError(error, expected), `${expected} expected, not ${String(error)}`)
  if (text) assert.match(error.message, text)
  return true
}

export function ingestCases(make: MakeDriver): void {
  test('a layer has its digest, sizes and entries, and gives back the exact tar', async t => {
    const { driver } = await setUp(t, make)
    const tar = await tarOf(folder('a'), file('a/f', 'hello'), link('a/g', 'a/f'), symlink('a/s', 'f'))
    const told: number[] = []
    const layer = await driver.ingest(chunks(tar.subarray(0, 700), tar.subarray(700)), {
      signal: never,
      progress: bytes => told.push(bytes),
    })
    assert.equal(layer.diffID, `sha256:${createHash('sha256').update(tar).digest('hex')}`)
    assert.equal(layer.tarSize, tar.byteLength)
    assert.equal(layer.size, 6)
    assert.equal(layer.entries, 4)
    assert.deepEqual(told, [700, tar.byteLength])
    assert.equal(await driver.has(layer.diffID), true)
    assert.deepEqual(await driver.info(layer.diffID), layer)
    assert.deepEqual(await all(driver.walk()), [layer])
    await using blob = await driver.open(layer.diffID)
    assert.equal(blob.size, tar.byteLength)
    assert.deepEqual(await collect(blob.bytes(), 1 << 20), tar)
    await driver.verify(layer.diffID)
  })

  test('a layer that is there is not read again, and two ingests of one layer both succeed', async t => {
    const { driver, root } = await setUp(t, make)
    const tar = await tarOf(file('f', 'x'.repeat(300_000)))
    const [one, two] = await Promise.all([put(driver, tar), put(driver, tar)])
    assert.deepEqual(one, two)
    const unread = async function* (): Bytes {
      yield await Promise.reject(new Error('read'))
    }
    assert.deepEqual(await driver.ingest(unread(), { expect: one.diffID, signal: never }), one)
    assert.equal((await leftovers(driver, root)).length, 1)
  })

  test('what goes wrong on the way leaves nothing', async t => {
    const { driver, root } = await setUp(t, make)
    const tar = await tarOf(file('f', Buffer.alloc(2_000_000, 7)))
    const other = parseDiffID(`sha256:${'0'.repeat(64)}`)
    await assert.rejects(
      driver.ingest(chunks(tar), { expect: other, signal: never }),
      code('failed_precondition', /0{64}/),
    )
    await assert.rejects(
      driver.ingest(chunks(tar), { limit: tar.byteLength - 1, signal: never }),
      code('invalid_argument'),
    )
    await assert.rejects(put(driver, tar.subarray(0, 1_000_000)), code('invalid_argument', /EOF/))
    await assert.rejects(put(driver, Buffer.alloc(4096, 'no tar at all')), code('invalid_argument'))
    const cut = async function* (): Bytes {
      yield tar.subarray(0, 5000)
      throw new StrataError('unavailable', 'line cut')
    }
    await assert.rejects(put(driver, cut()), code('unavailable', /line cut/))
    const controller = new AbortController()
    const stuck = async function* (): Bytes {
      yield new Uint8Array(tar.subarray(0, 5000))
      controller.abort(new Error('gone'))
      await new Promise(() => {})
    }
    await assert.rejects(driver.ingest(stuck(), { signal: controller.signal }), code('canceled'))
    await assert.rejects(driver.ingest(chunks(tar), { signal: controller.signal }), code('canceled'))
    assert.deepEqual(await leftovers(driver, root), [])
    assert.equal((await driver.ingest(chunks(tar), { limit: tar.byteLength, signal: never })).tarSize, tar.byteLength)
  })

  test('of little that is known to be little the same layers are made, and nothing when it goes wrong', async t => {
    const { driver, root } = await setUp(t, make)
    const tar = await tarOf(folder('a'), file('a/f', 'hello'), link('a/g', 'a/f'))
    const size = tar.byteLength
    const packed = gzipSync(tar)
    const digest = digestOf(packed)
    const other = digestOf(tar)
    const controller = new AbortController()
    const stuck = async function* (): Bytes {
      yield new Uint8Array(tar.subarray(0, 600))
      controller.abort(new Error('gone'))
      await new Promise(() => {})
    }
    const plain = (bytes: Bytes, options = {}) => driver.ingest(bytes, { size, signal: never, ...options })
    const gzip = (bytes: Uint8Array, compressed: IngestOptions['compressed']) =>
      driver.ingest(chunks(bytes), { compressed: { size: packed.byteLength, ...compressed }, signal: never })
    await assert.rejects(plain(chunks(tar), { expect: asDiffID(digest) }), code('failed_precondition'))
    await assert.rejects(plain(chunks(tar), { limit: size - 1 }), code('invalid_argument'))
    await assert.rejects(plain(chunks(tar.subarray(0, 700))), code('invalid_argument', /EOF/))
    await assert.rejects(plain(stuck(), { signal: controller.signal }), code('canceled'))
    await assert.rejects(gzip(packed, { digest: other }), code('failed_precondition', /verification failed/))
    await assert.rejects(gzip(packed.subarray(0, 50), { digest }), code('failed_precondition', /verification failed/))
    assert.deepEqual(await leftovers(driver, root), [])
    const expected = { diffID: other, tarSize: size, size: 5, entries: 3 }
    assert.deepEqual(await gzip(packed, { digest }), expected)
    await driver.verify(asDiffID(other))
    await driver.remove(asDiffID(other))
    assert.deepEqual(await plain(chunks(tar)), expected)
    await driver.verify(asDiffID(other))
  })

  test('a full disk is said so, and its space given back', async t => {
    const root = await makeRootFolder(t)
    mount(root, { source: 'tmpfs', type: 'tmpfs', data: 'size=1m' })
    const { driver } = await setUp(t, make, { root })
    const before = (await statfs(root)).bfree
    const tar = await tarOf(file('f', Buffer.alloc(2_000_000, 7)))
    await assert.rejects(put(driver, tar), code('unavailable', /^no space left on device$/))
    assert.equal((await statfs(root)).bfree, before)
    assert.deepEqual(await leftovers(driver, root), [])
  })

  test('layers without entries are layers', async t => {
    const { driver } = await setUp(t, make)
    const empty = await put(driver, Buffer.alloc(1024))
    assert.equal(empty.diffID, 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef')
    assert.deepEqual([empty.entries, empty.size, empty.tarSize], [0, 0, 1024])
    const nothing = await put(driver, Buffer.alloc(0))
    assert.deepEqual([nothing.entries, nothing.size, nothing.tarSize], [0, 0, 0])
    await driver.createWritable('w', [nothing.diffID, empty.diffID])
    await driver.mount('w')
    await driver.unmount('w')
  })

  const impossible: readonly (readonly [string, TarInput[], RegExp])[] = [
    ['a hard link to nothing', [link('a', 'missing')], /no such file/],
    ['a hard link to a later entry', [link('a', 'b'), file('b')], /no such file/],
    ['a hard link to itself', [file('a'), link('a', 'a')], /no such file/],
    ['a hard link to a directory', [folder('a'), link('b', 'a')], /not permitted/],
    ['a file below a file', [file('a'), file('a/b')], /not a directory/],
    ['a file below a link to itself', [symlink('a', 'a'), file('a/b')], /too many levels/],
    ['a whiteout of nothing', [file('d/.wh.')], /without a name/],
    ['a whiteout of the parent', [file('d/.wh...')], /without a name/],
    ['an owner that no system has', [file('a', '', { uid: 2 ** 32 })], /out of range/],
    ['a name that is too long', [file('a'.repeat(256))], /too long/],
    ['a path that is too long', [file(`${'a/'.repeat(2048)}b`)], /too long/],
    [
      'a device that no system has',
      [{ ...file('a'), header: { ...file('a').header, type: 'char', size: 0, devmajor: 4096 } }],
      /device/,
    ],
    ['a link to nowhere', [symlink('a', '')], /without a target/],
  ]
  test('what can not be is refused with its name', async t => {
    const { driver, root } = await setUp(t, make)
    for (const [what, entries, message] of impossible) {
      await assert.rejects(put(driver, await tarOf(...entries)), code('invalid_argument', message), what)
    }
    const below = await put(driver, await tarOf(file('lower')))
    await assert.rejects(put(driver, await tarOf(link('up', 'lower'))), code('invalid_argument', /in this layer/))
    await driver.remove(below.diffID)
    assert.deepEqual(await leftovers(driver, root), [])
  })

  test('a layer whose bytes changed on the disk does not verify', async t => {
    const { driver, root } = await setUp(t, make)
    const { diffID } = await put(driver, await tarOf(file('f', 'good'), whiteout('g')))
    const handle = await open(join(layerFolder(driver, root, diffID), 'layer.tar'), 'r+')
    await handle.write('evil', 512)
    await handle.close()
    await assert.rejects(driver.verify(diffID), code('internal', /damaged/))
  })

  test('a layer is removed when nothing stands on it, and only then', async t => {
    const { driver, root } = await setUp(t, make)
    const tar = await tarOf(file('f', Buffer.alloc(100_000, 1)))
    const { diffID } = await put(driver, tar)
    await driver.createWritable('w', [diffID])
    await assert.rejects(driver.remove(diffID), code('conflict'))
    await driver.mount('w')
    await assert.rejects(driver.remove(diffID), code('conflict'))
    await driver.removeWritable('w')
    assert.ok((await driver.remove(diffID)) >= 100_000)
    assert.equal(await driver.has(diffID), false)
    assert.deepEqual(await leftovers(driver, root), [])
    for (const work of [
      () => driver.remove(diffID),
      () => driver.info(diffID),
      () => driver.open(diffID),
      () => driver.verify(diffID),
      () => driver.createWritable('w', [diffID]),
    ]) {
      await assert.rejects(work, code('not_found'))
    }
    await put(driver, tar)
  })
}
