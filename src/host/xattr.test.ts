import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from './testdata/folder.ts'
import { getXattr, listXattrs, removeXattr, setXattr } from './xattr.ts'

test('sets, reads, lists and removes binary values', async t => {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, '')
  assert.deepEqual(listXattrs(path), [])
  assert.equal(getXattr(path, 'user.x'), undefined)
  setXattr(path, 'user.x', Buffer.from([0, 255, 10, 0]))
  setXattr(path, 'trusted.overlay.opaque', Buffer.from('y'))
  setXattr(path, 'user.empty', new Uint8Array(0))
  assert.deepEqual(getXattr(path, 'user.x'), Buffer.from([0, 255, 10, 0]))
  assert.equal(getXattr(path, 'user.empty')?.byteLength, 0)
  assert.deepEqual(new Set(listXattrs(path)), new Set(['trusted.overlay.opaque', 'user.empty', 'user.x']))
  setXattr(path, 'user.x', Buffer.from('other'))
  assert.equal(getXattr(path, 'user.x')?.toString(), 'other')
  removeXattr(path, 'user.x')
  removeXattr(path, 'user.x')
  assert.equal(getXattr(path, 'user.x'), undefined)
})

test('names and paths may be any bytes; links are not followed', async t => {
  const folder = await temporaryFolder(t)
  const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x80])])
  await writeFile(path, '')
  const name = Buffer.concat([Buffer.from('user.'), Buffer.from([0xfe])])
  setXattr(path, name, Buffer.from('v'))
  assert.equal(getXattr(path, name)?.toString(), 'v')
  assert.deepEqual(listXattrs(path), [name.toString('latin1')])
  const link = join(folder, 'link')
  await symlink(path, link)
  setXattr(link, 'trusted.of-link', Buffer.from('l'))
  assert.equal(getXattr(link, 'trusted.of-link')?.toString(), 'l')
  assert.equal(getXattr(path, 'trusted.of-link'), undefined)
})

test('failures are errno errors', async t => {
  const folder = await temporaryFolder(t)
  const missing = join(folder, 'missing')
  assert.throws(() => getXattr(missing, 'user.x'), { code: 'ENOENT', syscall: 'lgetxattr', path: missing })
  assert.throws(() => listXattrs(missing), { code: 'ENOENT', syscall: 'llistxattr' })
  assert.throws(() => setXattr(missing, 'user.x', new Uint8Array(1)), { code: 'ENOENT', syscall: 'lsetxattr' })
  assert.throws(() => removeXattr(missing, 'user.x'), { code: 'ENOENT', syscall: 'lremovexattr' })
  assert.throws(() => setXattr(folder, 'nosuchspace.x', new Uint8Array(1)), { code: 'EOPNOTSUPP' })
})
