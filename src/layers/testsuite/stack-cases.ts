import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TarInput } from '../../archive/index.ts'
import { type MakeDriver, makeRootFolder, mountChain, setUp } from './setup.ts'
import { outline, snapshot } from './snapshot.ts'
import { file, folder, opaque, special, symlink, tarOf, whiteout } from './tar.ts'

const LOWER = [folder('d'), file('d/one', '1'), folder('d/sub'), file('d/sub/two', '2'), file('f', 'f')]

interface StackCase {
  readonly name: string
  readonly upper: TarInput[]
  readonly shows: Record<string, string>
}

const CASES: readonly StackCase[] = [
  {
    name: 'a whiteout removes a file',
    upper: [whiteout('d/one')],
    shows: { d: '', 'd/sub': '', 'd/sub/two': '2', f: 'f' },
  },
  { name: 'a whiteout removes a directory', upper: [whiteout('d')], shows: { f: 'f' } },
  {
    name: 'a whiteout of what is not there is nothing',
    upper: [whiteout('nothing'), whiteout('new/nothing')],
    shows: { d: '', 'd/one': '1', 'd/sub': '', 'd/sub/two': '2', f: 'f', new: '' },
  },
  {
    name: 'an opaque directory hides what is below',
    upper: [folder('d'), opaque('d'), file('d/new', 'n')],
    shows: { d: '', 'd/new': 'n', f: 'f' },
  },
  {
    name: 'an opaque marker may come last, and without its directory',
    upper: [file('d/new', 'n'), opaque('d')],
    shows: { d: '', 'd/new': 'n', f: 'f' },
  },
  {
    name: 'a directory that is removed and made again shows nothing of the old one',
    upper: [whiteout('d'), folder('d'), file('d/new', 'n')],
    shows: { d: '', 'd/new': 'n', f: 'f' },
  },
  {
    name: 'a directory that is made again and removed shows nothing of the old one',
    upper: [folder('d'), file('d/new', 'n'), whiteout('d')],
    shows: { d: '', 'd/new': 'n', f: 'f' },
  },
  {
    name: 'a removed directory that is only implied again shows nothing of the old one',
    upper: [whiteout('d'), file('d/new', 'n')],
    shows: { d: '', 'd/new': 'n', f: 'f' },
  },
  {
    name: 'a file that is removed and made again wins, in both orders',
    upper: [whiteout('f'), file('f', 'new'), file('d/one', 'new'), whiteout('d/one')],
    shows: { d: '', 'd/one': 'new', 'd/sub': '', 'd/sub/two': '2', f: 'new' },
  },
  {
    name: 'files replace directories and directories files',
    upper: [file('d', 'now a file'), folder('f'), file('f/in', 'i')],
    shows: { d: 'now a file', f: '', 'f/in': 'i' },
  },
  {
    name: 'a directory replaces a link of the layer below',
    upper: [symlink('g', 'd'), folder('d'), file('d/three', '3')],
    shows: { d: '', 'd/one': '1', 'd/sub': '', 'd/sub/two': '2', 'd/three': '3', f: 'f', g: '-> d' },
  },
  {
    name: 'a character device 0:0 removes, as overlayfs has it',
    upper: [special('char', 'f')],
    shows: { d: '', 'd/one': '1', 'd/sub': '', 'd/sub/two': '2' },
  },
  {
    name: "AUFS's own files are no content",
    upper: [
      folder('.wh..wh.plnk'),
      file('.wh..wh.plnk/9.1', 'x'),
      file('.wh..wh.aufs'),
      file('d/.wh..wh.orph'),
      file('n', 'n'),
    ],
    shows: { d: '', 'd/one': '1', 'd/sub': '', 'd/sub/two': '2', f: 'f', n: 'n' },
  },
]

export function stackCases(make: MakeDriver): void {
  for (const { name, upper, shows } of CASES) {
    test(name, async t => {
      const { driver } = await setUp(t, make)
      const rootfs = await mountChain(driver, await tarOf(...LOWER), await tarOf(...upper))
      assert.deepEqual(outline(rootfs), shows)
    })
  }

  test('names come back above a whiteout', async t => {
    const { driver } = await setUp(t, make)
    const rootfs = await mountChain(
      driver,
      await tarOf(...LOWER),
      await tarOf(whiteout('d')),
      await tarOf(folder('d', { mode: 0o750 }), file('d/again', 'a')),
      await tarOf(whiteout('f'), folder('d', { mode: 0o711 })),
    )
    assert.deepEqual(outline(rootfs), { d: '', 'd/again': 'a' })
    assert.equal(snapshot(rootfs).d?.mode, '40711')
  })

  test('127 layers, and each of them shows', async t => {
    const { driver } = await setUp(t, make)
    const tars = Array.from({ length: 127 }, (_, at) =>
      tarOf(
        file(`own-${at}`, `${at}`),
        file('last', `${at}`),
        file('all/x', `${at}`),
        ...(at > 0 ? [whiteout(`own-${at - 1}`)] : []),
      ),
    )
    const rootfs = await mountChain(driver, ...(await Promise.all(tars)))
    assert.deepEqual(outline(rootfs), { all: '', 'all/x': '126', last: '126', 'own-126': '126' })
  })

  test('one layer several times in a chain', async t => {
    const { driver } = await setUp(t, make)
    const twice = await tarOf(folder('d'), file('d/x', 'x'), whiteout('f'))
    const between = await tarOf(whiteout('d'), file('f', 'again'), file('d/y', 'y'))
    const rootfs = await mountChain(
      driver,
      await tarOf(...LOWER),
      twice,
      between,
      twice,
      Buffer.alloc(1024),
      Buffer.alloc(1024),
    )
    assert.deepEqual(outline(rootfs), { d: '', 'd/x': 'x', 'd/y': 'y' })
  })

  test('a chain of no layers is an empty rootfs that can be written', async t => {
    const { driver } = await setUp(t, make)
    const rootfs = await mountChain(driver)
    assert.deepEqual(readdirSync(rootfs), [])
    await mkdir(join(rootfs, 'd'))
    assert.deepEqual(readdirSync(rootfs), ['d'])
  })

  test('data roots with long and odd paths', async t => {
    const root = join(await makeRootFolder(t), `${'long'.repeat(50)}`, 'with,comma:colon and space\\', 'x'.repeat(100))
    await mkdir(root, { recursive: true })
    const { driver } = await setUp(t, make, { root })
    const rootfs = await mountChain(driver, await tarOf(file('a', 'a')), await tarOf(file('b', 'b')))
    assert.deepEqual(outline(rootfs), { a: 'a', b: 'b' })
  })

  test('a rootfs looks like one file system', async t => {
    const { driver } = await setUp(t, make)
    const rootfs = await mountChain(driver, await tarOf(file('a/b', 'a')), await tarOf(file('a/c', 'b')))
    const device = statSync(rootfs).dev
    for (const name of ['a', 'a/b', 'a/c']) assert.equal(statSync(join(rootfs, name)).dev, device)
  })
}
