import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { bytesOf, collect } from '../std/index.ts'
import type { ByteString } from './archive.ts'
import { cleanName } from './clean-name.ts'
import { type Scanned, scan } from './testdata/scan.ts'
import { addPaxFacts, entriesOf, type Facts, factsOf, makePlainTree, makeWildTree } from './testdata/tree.ts'
import { writeTar } from './writer.ts'

function scratch(t: TestContext): string {
  const folder = mkdtempSync(`${tmpdir()}/strata-archive-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Has GNU tar archive everything below `root`. */
function gnuTar(root: string, ...options: string[]): Buffer {
  return execFileSync('tar', ['--create', '--file=-', ...options, `--directory=${root}`, '.'], { maxBuffer: 1 << 26 })
}

/** The file as a program would read it. */
function contentOf({ head, data }: Scanned): Buffer {
  if (!head.sparse) return data
  const content = Buffer.alloc(head.size)
  let at = 0
  for (const { offset, size } of head.sparse) {
    data.copy(content, offset, at, at + size)
    at += size
  }
  return content
}

/** Compares what the scanner says of an archive with the tree that it was made of. */
function assertSame(archive: Buffer, root: string, precise: { nanoseconds: boolean; xattrs: boolean }): Scanned[] {
  const facts = factsOf(root)
  const scanned = scan(archive)
  const seen = new Set<string>()
  for (const entry of scanned) {
    const { head } = entry
    const name = cleanName(head.name).join('/') as ByteString
    const fact = facts.get(name)
    assert.ok(fact, `${name} is not in the tree`)
    seen.add(name)
    const what = `${name}: ${JSON.stringify(head)}`
    if (head.type === 'link') {
      assert.equal(facts.get(cleanName(head.linkname).join('/') as ByteString)?.inode, fact.inode, what)
      continue
    }
    assert.equal(head.type, fact.type, what)
    assert.equal(head.mode, fact.mode, what)
    assert.deepEqual([head.uid, head.gid], [fact.uid, fact.gid], what)
    assert.equal(head.size, fact.size, what)
    assert.equal(head.mtime.seconds, fact.mtime.seconds, what)
    if (precise.nanoseconds) assert.equal(head.mtime.nanoseconds, fact.mtime.nanoseconds, what)
    if (fact.type === 'symlink') assert.equal(head.linkname, fact.target, what)
    if (fact.rdev) assert.deepEqual([head.devmajor, head.devminor], fact.rdev, what)
    if (fact.content) assert.ok(contentOf(entry).equals(fact.content), `content of ${what}`)
    if (precise.xattrs) {
      assert.deepEqual(
        new Map([...head.xattrs].map(([key, value]) => [key, Buffer.from(value).toString('hex')])),
        fact.xattrs,
        what,
      )
    }
  }
  assert.deepEqual(seen, new Set(facts.keys()))
  return scanned
}

const coarse = { nanoseconds: false, xattrs: false }

test('every format of GNU tar, read as the tree that it was made of', t => {
  const root = scratch(t)
  makePlainTree(root, { special: false })
  assertSame(gnuTar(root, '--format=v7'), root, coarse)
  makePlainTree(scratchInside(root), { special: true })
  for (const format of ['oldgnu', 'gnu', 'ustar']) assertSame(gnuTar(root, `--format=${format}`), root, coarse)
  assertSame(gnuTar(root, '--format=posix'), root, { nanoseconds: true, xattrs: false })
})

function scratchInside(root: string): string {
  mkdirSync(`${root}/special`)
  return `${root}/special`
}

test('long, odd and binary names, negative and far times, huge owners: GNU and PAX formats', t => {
  const root = scratch(t)
  makeWildTree(root)
  for (const format of ['oldgnu', 'gnu']) assertSame(gnuTar(root, `--format=${format}`), root, coarse)
  addPaxFacts(root)
  assertSame(gnuTar(root, '--format=posix', '--xattrs', '--xattrs-include=*'), root, {
    nanoseconds: true,
    xattrs: true,
  })
})

test('every sparse format of GNU tar', t => {
  const root = scratch(t)
  makeWildTree(root)
  for (const options of [
    ['--format=oldgnu'],
    ['--format=gnu'],
    ['--format=posix', '--sparse-version=0.0'],
    ['--format=posix', '--sparse-version=0.1'],
    ['--format=posix', '--sparse-version=1.0'],
  ]) {
    const scanned = assertSame(gnuTar(root, '--sparse', ...options), root, coarse)
    const runs = scanned.filter(({ head }) => head.sparse).map(({ head }) => head.sparse!.length)
    assert.deepEqual(
      runs.sort((a, b) => a - b),
      [0, 2, 60],
      options.join(' '),
    )
  }
})

test('what we write, GNU tar unpacks to the same tree', async t => {
  const root = scratch(t)
  makePlainTree(root, { special: true })
  makeWildTree(root)
  addPaxFacts(root)
  const unpacked = scratch(t)
  const archive = await collect(writeTar(entriesOf(root)), 1 << 26)
  execFileSync(
    'tar',
    [
      '--extract',
      '--warning=no-timestamp',
      '--preserve-permissions',
      '--numeric-owner',
      '--xattrs',
      '--xattrs-include=*',
      '--delay-directory-restore',
      `--directory=${unpacked}`,
    ],
    { input: archive },
  )
  const without = (facts: Map<ByteString, Facts>) =>
    [...facts].map(([name, { inode, ...fact }]) => [name, { ...fact, linked: inode !== undefined }])
  assert.deepEqual(without(factsOf(unpacked)), without(factsOf(root)))
})

test('a sparse file that we write, GNU tar unpacks with its holes', async t => {
  const unpacked = scratch(t)
  const sparse = Array.from({ length: 200 }, (_, i) => ({ offset: i * 8192, size: i < 199 ? 1024 : 100 }))
  const stored = Buffer.alloc(199 * 1024 + 100, 's')
  const archive = await collect(
    writeTar([
      { header: { name: 'holes' as ByteString, type: 'file', size: 10 << 20, sparse }, data: bytesOf(stored) },
      { header: { name: 'after' as ByteString, type: 'file', size: 1 }, data: bytesOf('a') },
    ]),
    1 << 20,
  )
  execFileSync('tar', ['--extract', '--warning=no-timestamp', `--directory=${unpacked}`], { input: archive })
  const facts = factsOf(unpacked)
  const expected = Buffer.alloc(10 << 20)
  for (const { offset, size } of sparse) expected.fill('s', offset, offset + size)
  const { size, content } = facts.get('holes' as ByteString)!
  assert.equal(size, expected.byteLength)
  assert.ok(content!.equals(expected))
  assert.equal(facts.get('after' as ByteString)!.content!.toString(), 'a')
})
