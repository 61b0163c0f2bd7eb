import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TarInput } from '../../archive/index.ts'
import { getXattr, listXattrs } from '../../host/index.ts'
import { byBytes } from '../tree/finish.ts'
import { type MakeDriver, makeRootFolder, mountChain, setUp } from './setup.ts'
import { outline, snapshot } from './snapshot.ts'
import { again, file, folder, link, raw, special, symlink, tarOf, tarOfMany, utf8 } from './tar.ts'

/** `cap_net_raw=ep`, revision 2, as the kernel keeps it. */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex')
/** An access ACL: user::rw-, user:1000:r--, group::r--, mask::r--, other::r--. */
const ACL = Buffer.from(
  '0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000400ffffffff',
  'hex',
)

export function rootfsCases(make: MakeDriver): void {
  test('every kind of file with all of its attributes, as GNU tar unpacks it', async t => {
    const { driver } = await setUp(t, make)
    const tar = await tarOf(
      folder('d', { mode: 0o1777, uid: 5, gid: 6, xattrs: { 'user.note': 'of a directory', 'trusted.t': 'x' } }),
      file('d/empty'),
      file('d/one', 'x', { mode: 0o4755, uid: 70_000, gid: 3_000_000_000 }),
      file('d/two', 'y'.repeat(512), { mode: 0o2755 }),
      file('d/big', Buffer.alloc(1_234_567, 'strata '), { mtime: { seconds: 3, nanoseconds: 1 } }),
      file('d/cap', 'z', { xattrs: { 'security.capability': CAPABILITY } }),
      file('d/acl', 'z', { xattrs: { 'system.posix_acl_access': ACL } }),
      file('d/many', 'z', { xattrs: { 'user.binary': Buffer.from([0, 1, 255]), 'user.long': 'v'.repeat(2000) } }),
      symlink('d/link', 'one', { uid: 9, gid: 10, mtime: { seconds: 99, nanoseconds: 5 } }),
      symlink('d/far', `/${'t'.repeat(254)}/${'x/'.repeat(300)}`),
      symlink('d/farther', '/e'.repeat(2047)),
      symlink('d/loop', 'loop'),
      special('char', 'd/null', { mode: 0o666, devmajor: 1, devminor: 3 }),
      special('char', 'd/high', { devmajor: 4095, devminor: 1_048_575 }),
      special('block', 'd/block', { mode: 0o660, devmajor: 8, devminor: 300, gid: 6 }),
      special('fifo', 'd/fifo', { mode: 0o600 }),
      file(utf8('d/naïve'), 'utf8'),
      file(raw('d/\xff\xfe\x01'), 'bytes'),
      file(`d/${'n'.repeat(255)}`, 'long'),
      file('d/late', '', { mtime: { seconds: 9_000_000_000, nanoseconds: 0 } }),
    )
    const rootfs = await mountChain(driver, tar)
    const oracle = join(await makeRootFolder(t), 'oracle')
    execFileSync('mkdir', [oracle])
    const args = [
      '-x',
      '-p',
      '--numeric-owner',
      '--xattrs',
      '--xattrs-include=*',
      '--delay-directory-restore',
      '-C',
      oracle,
    ]
    execFileSync('tar', args, { input: tar, stdio: ['pipe', 'ignore', 'pipe'] })
    const seen = snapshot(rootfs, { directoryTimes: true })
    assert.deepEqual(seen, snapshot(oracle, { directoryTimes: true }))
    assert.equal(Object.keys(seen).length, 21)
    assert.deepEqual(getXattr(join(rootfs, 'd/cap'), 'security.capability'), CAPABILITY)
  })

  test('folders of one layer and of several list themselves and the one above', async t => {
    const { driver } = await setUp(t, make)
    const tars = [await tarOf(folder('d'), folder('only')), await tarOf(folder('d'), folder('d/e'))]
    const rootfs = await mountChain(driver, ...tars)
    for (const [path, names] of [
      ['.', '.\n..\nd\nonly\n'],
      ['only', '.\n..\n'],
      ['d', '.\n..\ne\n'],
      ['d/e', '.\n..\n'],
    ] as const) {
      assert.equal(execFileSync('ls', ['-a', join(rootfs, path)], { encoding: 'utf8' }), names)
    }
  })

  test('a real tree, as GNU tar unpacks it', async t => {
    const { driver } = await setUp(t, make)
    const places = ['etc', 'usr/share/perl', 'bin', 'usr/lib/terminfo'].filter(place =>
      lstatSync(`/${place}`, { throwIfNoEntry: false }),
    )
    const args = ['-C', '/', '--sort=name', '--format=posix', '--xattrs', '-c', ...places]
    const tar = execFileSync('tar', args, { maxBuffer: 1 << 29, stdio: ['ignore', 'pipe', 'ignore'] })
    const rootfs = await mountChain(driver, tar)
    const oracle = join(await makeRootFolder(t), 'oracle')
    execFileSync('mkdir', [oracle])
    execFileSync('tar', ['-x', '-p', '--numeric-owner', '--xattrs', '-C', oracle], { input: tar })
    const seen = snapshot(rootfs, { directoryTimes: true })
    const expected = snapshot(oracle, { directoryTimes: true })
    // The folder of `usr` itself is no entry of the tar.
    for (const both of [seen, expected]) {
      for (const implied of ['usr', 'usr/share', 'usr/lib'])
        if (both[implied]) both[implied] = { ...both[implied], mtime: 0n }
    }
    assert.deepEqual(seen, expected)
    assert.ok(Object.keys(seen).length > 200)
  })

  test('hard links are one inode, of links and devices too, and pass attributes on', async t => {
    const { driver } = await setUp(t, make)
    const rootfs = await mountChain(
      driver,
      await tarOf(
        file('a', 'data', { uid: 1 }),
        link('sub/b', './a', { uid: 2, mode: 0o600, mtime: { seconds: 50, nanoseconds: 0 } }),
        link('c', '/sub/b', { uid: 3, mode: 0o640 }),
        symlink('s', 'a'),
        link('t', 's', { mode: 0o777 }),
        special('char', 'n', { devmajor: 1, devminor: 3 }),
        link('m', 'n', { mode: 0o666 }),
        file('gone', '1'),
        link('kept', 'gone', {}),
        file('gone', '2'),
      ),
    )
    const seen = snapshot(rootfs)
    assert.deepEqual([seen.a?.links, seen.a?.owner, seen.a?.mode, seen.a?.content], [3, '3:0', '100640', 'data'])
    assert.equal(seen['sub/b']?.same, 'a')
    assert.equal(seen.c?.same, 'a')
    assert.deepEqual([seen.s?.links, seen.t?.same, seen.t?.target], [2, 's', 'a'])
    assert.deepEqual([seen.m?.links, seen.n?.same, seen.n?.mode], [2, 'm', '20666'])
    assert.deepEqual([seen.gone?.content, seen.gone?.links, seen.kept?.content, seen.kept?.links], ['2', 1, '1', 1])
  })

  test('later entries win, parents are made', async t => {
    const { driver } = await setUp(t, make)
    const rootfs = await mountChain(
      driver,
      await tarOf(
        folder('./', { mode: 0o700, uid: 9 }),
        file('f', 'old'),
        file('./f', 'new'),
        folder('d', { mode: 0o700, xattrs: { 'user.one': '1' } }),
        file('d/child', 'stays'),
        folder('d/', { mode: 0o711, uid: 4, xattrs: { 'user.two': '2' } }),
        file('x', 'file'),
        folder('x'),
        file('x/in', ''),
        folder('y'),
        file('y/in', ''),
        file('y', 'file'),
        file('p/q/r', 'deep'),
      ),
    )
    assert.deepEqual(outline(rootfs), {
      d: '',
      'd/child': 'stays',
      f: 'new',
      p: '',
      'p/q': '',
      'p/q/r': 'deep',
      x: '',
      'x/in': '',
      y: 'file',
    })
    const seen = snapshot(rootfs)
    assert.deepEqual(
      [seen.d?.mode, seen.d?.owner, seen.d?.xattrs],
      ['40711', '4:0', { 'user.one': '1', 'user.two': '2' }],
    )
    assert.deepEqual([seen.p?.mode, seen.p?.owner], ['40755', '0:0'])
    assert.deepEqual([seen['.']?.mode, seen['.']?.owner], ['40755', '0:0'])
  })

  test('nothing leads outside', async t => {
    const { driver, root } = await setUp(t, make)
    const rootfs = await mountChain(
      driver,
      await tarOf(
        file('../../../../strata-escaped', '1'),
        file('/abs/olute', '2'),
        file('a/../../b', '3'),
        symlink('etc', '/real/etc'),
        file('etc/passwd', '4'),
        symlink('up', '../../../../../..'),
        file('up/climbed', '5'),
        symlink('rel', 'abs/./../abs'),
        file('rel/x', '6'),
        symlink('final', '/abs/olute'),
        file('final', '7'),
        link('hard', '../../../abs/olute'),
        symlink('outside', root),
        file('outside/trap', '8'),
      ),
    )
    const inside = root.slice(1)
    const seen = outline(rootfs)
    for (const parent of inside.split('/').map((_, at, all) => all.slice(0, at + 1).join('/'))) delete seen[parent]
    assert.deepEqual(seen, {
      abs: '',
      'abs/olute': '2',
      'abs/x': '6',
      b: '3',
      climbed: '5',
      etc: '-> /real/etc',
      final: '7',
      hard: '2',
      outside: `-> ${root}`,
      real: '',
      'real/etc': '',
      'real/etc/passwd': '4',
      rel: '-> abs/./../abs',
      'strata-escaped': '1',
      [`${inside}/trap`]: '8',
      up: '-> ../../../../../..',
    })
    assert.deepEqual(readdirSync(root).includes('trap'), false)
  })

  test('attributes that would steer overlayfs, or that Linux does not know, are left out', async t => {
    const { driver } = await setUp(t, make)
    const xattrs = {
      'trusted.overlay.opaque': 'y',
      'trusted.overlay.redirect': '/secret',
      'trusted.overlay.metacopy': '',
      'com.apple.quarantine': 'q',
      'user.kept': 'k',
    }
    const rootfs = await mountChain(
      driver,
      await tarOf(folder('secret'), file('secret/key', 'k'), folder('d'), file('d/lower', 'seen')),
      await tarOf(folder('d', { xattrs }), symlink('s', 'x', { xattrs: { 'user.kept': 'k' } })),
    )
    assert.deepEqual(readdirSync(join(rootfs, 'd')), ['lower'])
    assert.deepEqual(listXattrs(join(rootfs, 'd')), ['user.kept'])
    assert.deepEqual(listXattrs(join(rootfs, 's')), [])
  })

  test('sparse files, whether their runs fit blocks or not', async t => {
    const { driver } = await setUp(t, make)
    const sparse = (name: string, size: number, runs: readonly (readonly [number, string])[]): TarInput => {
      const data = runs.map(([, text]) => Buffer.from(text))
      const map = runs.map(([offset], at) => ({ offset, size: data[at]!.byteLength }))
      return { header: { ...file(name).header, size, sparse: map }, data: again(...data) }
    }
    const a = 'a'.repeat(4096)
    const b = 'b'.repeat(1024)
    const rootfs = await mountChain(
      driver,
      await tarOf(
        sparse('aligned', 40_960, [
          [4096, a],
          [20_480, `${a}${a}`],
        ]),
        sparse('end', 10_250, [
          [1024, b],
          [10_240, 'tail here!'],
        ]),
        sparse('holes', 1_000_000, []),
        sparse('odd', 9000, [
          [100, 'not at a block'],
          [5000, b],
        ]),
        sparse('odd-length', 9000, [[512, 'short']]),
        sparse('huge', 2 ** 40 + 1000, [[2 ** 40 - 5, 'far out']]),
        file('plain', 'after'),
      ),
    )
    const read = (name: string) => readFileSync(join(rootfs, name), 'latin1')
    const zeros = (count: number) => '\0'.repeat(count)
    assert.equal(read('aligned'), zeros(4096) + a + zeros(12_288) + a + a + zeros(12_288))
    assert.equal(read('end'), `${zeros(1024)}${b}${zeros(8192)}tail here!`)
    assert.equal(read('holes'), zeros(1_000_000))
    assert.equal(read('odd'), `${zeros(100)}not at a block${zeros(4886)}${b}${zeros(2976)}`)
    assert.equal(read('odd-length'), `${zeros(512)}short${zeros(8483)}`)
    assert.equal(read('plain'), 'after')
    assert.equal(statSync(join(rootfs, 'huge')).size, 2 ** 40 + 1000)
    const fd = openSync(join(rootfs, 'huge'), 'r')
    const piece = Buffer.alloc(20)
    readSync(fd, piece, 0, 20, 2 ** 40 - 10)
    closeSync(fd)
    assert.equal(piece.toString('latin1'), `${zeros(5)}far out${zeros(8)}`)
    for await (const { diffID } of driver.walk()) await driver.verify(diffID)
  })

  test('a directory of 50,000 files', async t => {
    const { driver } = await setUp(t, make)
    const count = 50_000
    const names = Array.from({ length: count }, (_, at) => `${at * 7919}-${'n'.repeat(at % 60)}`)
    const rootfs = await mountChain(driver, await tarOfMany('d', names))
    assert.deepEqual(readdirSync(join(rootfs, 'd')).sort(byBytes), names.toSorted(byBytes))
    for (let at = 0; at < count; at += 997) {
      assert.equal(statSync(join(rootfs, 'd', names[at]!)).size, 0)
    }
    assert.equal(lstatSync(join(rootfs, 'd', 'missing'), { throwIfNoEntry: false }), undefined)
  })
}
