import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findMount, parseMountTable, readMountTable } from './mount-table.ts'

test('reads the lines of proc(5)', () => {
  const text = [
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:22 - ext3 /dev/root rw,errors=continue',
    '40 36 0:50 / /with\\040blank\\011tab\\134 ro - overlay - rw,lowerdir=/a\\040b:/c',
    'not a line',
    '',
  ].join('\n')
  assert.deepEqual(parseMountTable(text), [
    {
      id: 36,
      parentId: 35,
      device: '98:0',
      root: '/mnt1',
      mountPoint: '/mnt2',
      options: ['rw', 'noatime'],
      shared: 22,
      type: 'ext3',
      source: '/dev/root',
      superOptions: 'rw,errors=continue',
    },
    {
      id: 40,
      parentId: 36,
      device: '0:50',
      root: '/',
      mountPoint: '/with blank\ttab\\',
      options: ['ro'],
      shared: undefined,
      type: 'overlay',
      source: '-',
      superOptions: 'rw,lowerdir=/a b:/c',
    },
  ])
})

test('any path comes back as the kernel escaped it', () => {
  const escaped = (path: string) =>
    path.replace(/[ \t\n\\#]/g, c => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)
  const path = fc.string({ unit: fc.constantFrom('a', '/', ' ', '\t', '\n', '\\', '#', '-', '0', '4', 'é') })
  fc.assert(
    fc.property(path, path, (root, mountPoint) => {
      const line = `1 2 0:3 /${escaped(root)} /${escaped(mountPoint)} rw - tmpfs none rw\n`
      const [entry] = parseMountTable(line)
      assert.equal(entry?.root, `/${root}`)
      assert.equal(entry?.mountPoint, `/${mountPoint}`)
      assert.equal(entry?.type, 'tmpfs')
    }),
  )
})

test('never fails on a text that is none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('1', ' ', '-', '\n', '\\', '/', ':') }), text => {
      for (const entry of parseMountTable(text)) assert.equal(typeof entry.type, 'string')
    }),
  )
})

test('finds the mount that shows a path: the deepest, the last of equals', () => {
  const line = (id: number, at: string) => `${id} 1 0:${id} / ${at} rw - tmpfs none rw`
  const table = parseMountTable([line(1, '/'), line(2, '/a'), line(3, '/a/b'), line(4, '/a')].join('\n'))
  assert.equal(findMount(table, '/x')?.id, 1)
  assert.equal(findMount(table, '/a/x')?.id, 4)
  assert.equal(findMount(table, '/a/b/c')?.id, 3)
  assert.equal(findMount(table, '/ab')?.id, 1)
})

test('the table of this process has a root', async () => {
  assert.equal(findMount(await readMountTable(), '/')?.mountPoint, '/')
})
