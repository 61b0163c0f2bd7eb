import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setTimes, setXattr } from '../host/index.ts'
import { bytesOf, collect } from '../std/index.ts'
import type { ByteString } from './archive.ts'
import { decompressHere } from './compression.ts'
import { topLayer, writeLayout } from './testdata/oci-layout.ts'
import { scan } from './testdata/scan.ts'
import { entriesOf, factsOf, makePlainTree } from './testdata/tree.ts'
import { writeTar } from './writer.ts'

test('umoci, and so archive/tar of Go, unpacks what we write, and we read what it writes', async t => {
  const folder = mkdtempSync(`${tmpdir()}/strata-archive-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [source, layout, bundle] = [`${folder}/source`, `${folder}/layout`, `${folder}/bundle`]
  mkdirSync(source)
  makePlainTree(source, { special: true })
  writeFileSync(`${source}/na\u00efve ${'long'.repeat(40)}`, 'x')
  setXattr(`${source}/small`, 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'))
  writeLayout(layout, 'ours', await collect(writeTar(entriesOf(source)), 1 << 24))

  execFileSync('umoci', ['unpack', '--image', `${layout}:ours`, bundle])
  const rootfs = `${bundle}/rootfs`
  const plain = (root: string) =>
    [...factsOf(root)].map(([name, { inode, ...fact }]) => [name, { ...fact, linked: inode !== undefined }])
  assert.deepEqual(plain(rootfs), plain(source))

  const added = `${rootfs}/added-\u00e9`
  writeFileSync(added, 'new')
  setXattr(added, 'user.binary', Buffer.from([0, 10, 61, 255]))
  setTimes(added, { atime: { seconds: 9, nanoseconds: 0 }, mtime: { seconds: 1_600_000_000, nanoseconds: 0 } })
  rmSync(`${rootfs}/empty`)
  execFileSync('umoci', ['repack', '--image', `${layout}:theirs`, bundle])
  const scanned = scan(await collect(decompressHere(bytesOf(topLayer(layout, 'theirs'))), 1 << 24))
  assert.ok(scanned.some(({ head }) => head.name.endsWith('.wh.empty')))
  const found = scanned.find(({ head }) => head.name.endsWith(Buffer.from('added-\u00e9').toString('latin1')))!
  assert.equal(found.data.toString(), 'new')
  assert.equal(found.head.mtime.seconds, 1_600_000_000)
  assert.deepEqual(found.head.xattrs.get('user.binary' as ByteString), Buffer.from([0, 10, 61, 255]))
})
