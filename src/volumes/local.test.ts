import assert from 'node:assert/strict'
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMetadata } from '../metadata/index.ts'
import { createVolumeStore } from './local.ts'
import { anonymousLabel } from './volumes.ts'

async function openStore(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-volumes-'))
  const metadata = openMetadata(join(root, 'metadata.db'))
  t.after(async () => {
    metadata[Symbol.dispose]()
    await rm(root, { recursive: true, force: true })
  })
  return createVolumeStore({ root: join(root, 'volumes'), metadata })
}

test('a volume is made once and keeps its first labels', async t => {
  const store = await openStore(t)
  const made = await store.ensure('data', { labels: { a: 'b' } })
  assert.deepEqual(made, {
    name: 'data',
    path: made.path,
    createdAt: made.createdAt,
    labels: { a: 'b' },
    options: null,
  })
  assert.ok((await stat(made.path)).isDirectory())
  assert.deepEqual(await store.ensure('data', { labels: { z: '' }, options: {} }), made)
  assert.deepEqual(store.get('data'), made)
  await store.ensure('cache', { options: {} })
  assert.deepEqual(
    store.list().map(({ name, labels, options }) => [name, labels, options]),
    [
      ['cache', null, {}],
      ['data', { a: 'b' }, null],
    ],
  )
  await store.remove('data')
  assert.equal(store.get('data'), undefined)
  await assert.rejects(stat(made.path), { code: 'ENOENT' })
})

test('an anonymous volume is labelled, and unclaimed until it is claimed', async t => {
  const store = await openStore(t)
  const { labels } = await store.ensure('f00', { anonymous: true, labels: { q: '1' } })
  assert.deepEqual(labels, { q: '1', [anonymousLabel]: '' })
  assert.deepEqual(store.unclaimed(), ['f00'])
  store.claim('f00')
  assert.deepEqual(store.unclaimed(), [])
  assert.deepEqual(store.get('f00')?.labels, labels)
})

test('names and options that are none are refused in the words of Docker', async t => {
  const store = await openStore(t)
  const refused = async (name: string, options: Record<string, string> | null, code: string, message: string) => {
    await assert.rejects(store.ensure(name, { options }), { code, message: `create ${name}: ${message}` })
    assert.equal(store.get(name), undefined)
  }
  await refused(
    'a',
    null,
    'invalid_argument',
    'volume name is too short, names should be at least two alphanumeric characters',
  )
  for (const name of ['a/b', '../x', '.x']) {
    const letters = 'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed'
    const message = `"${name}" includes invalid characters for a local volume name, ${letters}. If you intended to pass a host directory, use absolute path`
    await refused(name, null, 'invalid_argument', message)
  }
  await refused('xx', { foo: 'bar' }, 'invalid_argument', 'invalid option: "foo"')
  await refused('xx', { type: 'tmpfs' }, 'invalid_argument', 'missing required option: "device"')
  await refused('xx', { size: '1m' }, 'invalid_argument', 'quota size requested but no quota support')
  const given = { type: 'tmpfs', device: 'tmpfs' }
  await refused('xx', given, 'not_implemented', 'options of the local volume driver are not implemented yet')
})

test('an empty volume is filled, one that has something is left alone', async t => {
  const store = await openStore(t)
  const { path } = await store.ensure('data')
  const from = await folderWith(t, ['a', 'b'])
  await chmod(from, 0o1770)
  const { ino } = await stat(path)
  await store.populate('data', from)
  assert.deepEqual((await readdir(path)).sort(), ['a', 'b'])
  assert.equal((await stat(path)).mode & 0o7777, 0o1770)
  assert.equal((await stat(path)).ino, ino)
  assert.deepEqual(await readdir(join(path, '..')), ['_data'])
  await rm(join(path, 'b'))
  await store.populate('data', from)
  assert.deepEqual(await readdir(path), ['a'])
  await store.populate('data', join(from, 'nothing'))
})

test('a filling that was cut off is begun again, or finished, and nothing that came meanwhile is lost', async t => {
  const store = await openStore(t)
  const { path } = await store.ensure('data')
  const from = await folderWith(t, ['a', 'b'])
  await mkdir(join(path, '../_copying'))
  await writeFile(join(path, '../_copying/half'), '')
  await store.populate('data', from)
  assert.deepEqual((await readdir(path)).sort(), ['a', 'b'])

  const other = (await store.ensure('other')).path
  await mkdir(join(other, '../_copied/deep'), { recursive: true })
  for (const name of ['deep/c', 'd', 'e']) await writeFile(join(other, '../_copied', name), 'copied')
  await writeFile(join(other, 'e'), 'mine')
  await store.populate('other', from)
  assert.deepEqual((await readdir(other, { recursive: true })).sort(), ['d', 'deep', 'deep/c', 'e'])
  assert.equal(await readFile(join(other, 'e'), 'utf8'), 'mine')
  assert.deepEqual(await readdir(join(other, '..')), ['_data'])
})

async function folderWith(t: TestContext, names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-volumes-from-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const name of names) await writeFile(join(folder, name), name)
  return folder
}

test('the size counts files and links, hard links once, no folders', async t => {
  const store = await openStore(t)
  const { path } = await store.ensure('data')
  assert.equal(await store.size('data'), 0)
  await mkdir(join(path, 'deep/er'), { recursive: true })
  await writeFile(join(path, 'deep/er/file'), Buffer.alloc(5000))
  await link(join(path, 'deep/er/file'), join(path, 'again'))
  await symlink('fff', join(path, 'link'))
  assert.equal(await store.size('data'), 5003)
  assert.equal(await store.size('absent'), 0)
})
