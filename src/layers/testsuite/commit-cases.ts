import assert from 'node:assert/strict'
import { lchownSync, utimesSync } from 'node:fs'
import {
  chmod,
  symlink as makeLink,
  link as makeName,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { makeNode, mount, setXattr } from '../../host/index.ts'
import type { DiffID } from '../../oci/index.ts'
import { collect, isStrataError, StrataError } from '../../std/index.ts'
import type { CommitOptions, LayerDriver, LayerInfo, Placeholder } from '../layers.ts'
import { all, leftovers, type MakeDriver, makeRootFolder, never, put, setUp } from './setup.ts'
import { outline, snapshot } from './snapshot.ts'
import { file, folder, link, symlink, tarOf } from './tar.ts'

const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex')
/** The digest of a tar without entries. */
const NOTHING = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef'

function commit(driver: LayerDriver, id: string, options: Partial<CommitOptions> = {}): Promise<LayerInfo> {
  return driver.commit(id, { placeholders: [], keep: async () => {}, signal: never, ...options })
}

async function begin(t: TestContext, make: MakeDriver, ...entries: Parameters<typeof tarOf>) {
  const { driver, root } = await setUp(t, make)
  const { diffID } = await put(driver, await tarOf(...entries))
  await driver.createWritable('w', [diffID])
  const { path } = await driver.mount('w')
  return { driver, root, base: diffID, path, at: (name: string) => join(path, name) }
}

/** What a rootfs of the chain shows. */
async function shownBy(driver: LayerDriver, id: string, chain: readonly DiffID[]) {
  await driver.createWritable(id, chain)
  const { path } = await driver.mount(id)
  return { path, seen: snapshot(path, { directoryTimes: true }) }
}

export function commitCases(make: MakeDriver): void {
  test('a layer of changes shows what the writable showed', async t => {
    const { driver, base, path, at } = await begin(
      t,
      make,
      folder('d', { mode: 0o1777, uid: 3 }),
      file('d/kept', 'k'),
      file('d/gone', 'g'),
      file('d/chmodded', 'c'),
      file('d/rewritten', 'r'),
      folder('tree'),
      file('tree/leaf', 'l'),
      folder('redone'),
      file('redone/old', 'o'),
      folder('swapped'),
      file('swapped/in', 's'),
      file('file', 'f'),
      symlink('link', 'file'),
      file('first', 'same'),
      link('second', 'first'),
    )
    await rm(at('d/gone'))
    await chmod(at('d/chmodded'), 0o4711)
    await writeFile(at('d/rewritten'), 'another')
    await rm(at('tree'), { recursive: true })
    await rm(at('redone'), { recursive: true })
    await mkdir(at('redone'))
    await writeFile(at('redone/new'), 'n')
    await rm(at('swapped'), { recursive: true })
    await writeFile(at('swapped'), 'a file where a folder was')
    await rm(at('file'))
    await mkdir(at('file'))
    await writeFile(at('file/in'), 'a folder where a file was')
    await rm(at('link'))
    await makeLink('/elsewhere', at('link'))
    lchownSync(at('link'), 70_000, 3_000_000_000)
    await mkdir(at('new/deep/er'), { recursive: true })
    await writeFile(at('new/one'), 'linked')
    await makeName(at('new/one'), at('new/two'))
    await makeName(at('new/one'), at('a-name-before'))
    await writeFile(at('new/big'), Buffer.alloc(3_333_333, 'strata '))
    await writeFile(at('new/empty'), '')
    await truncate(at('new/empty'), 1_000_000)
    await writeFile(Buffer.from(`${path}/new/\xff\xfe\x01`, 'latin1'), 'bytes')
    await writeFile(at(`new/${'n'.repeat(255)}`), 'long')
    await makeNode(at('new/char'), { type: 'char', mode: 0o644, major: 4095, minor: 1_048_575 })
    await makeNode(at('new/block'), { type: 'block', mode: 0o600, major: 8, minor: 300 })
    await makeNode(at('new/fifo'), { type: 'fifo', mode: 0o622 })
    setXattr(at('new/one'), 'user.note', Buffer.from([0, 1, 255]))
    setXattr(at('new/one'), 'security.capability', CAPABILITY)
    setXattr(at('new/deep'), 'trusted.t', Buffer.from('x'))
    utimesSync(at('new/deep/er'), 1, 1_000_000_000.123)
    utimesSync(at('new'), 1, 2)

    const before = snapshot(path, { directoryTimes: true })
    const layer = await commit(driver, 'w')
    assert.deepEqual(await driver.info(layer.diffID), layer)
    await driver.verify(layer.diffID)
    const { seen } = await shownBy(driver, 'again', [base, layer.diffID])
    assert.deepEqual(seen, before)
    assert.deepEqual(await all(driver.changes('again')), [])
  })

  test('a file that only got a further name is one file again', async t => {
    const entries = [folder('d'), file('d/old', 'o'), folder('e'), file('e/other', 'x')]
    const { driver, base, path, at } = await begin(t, make, ...entries)
    await makeName(at('d/old'), at('new'))
    await makeName(at('d/old'), at('e/new'))
    const before = snapshot(path, { directoryTimes: true })
    assert.equal(before.new?.links, 3)
    const { diffID, size } = await commit(driver, 'w')
    assert.equal(size, 1)
    const { seen } = await shownBy(driver, 'again', [base, diffID])
    assert.deepEqual(seen, before)
  })

  test('the same changes make the same layer, mounted or not', async t => {
    const { driver, at } = await begin(t, make, folder('d'), file('d/a', 'a'), file('d/b', 'b'))
    await rm(at('d/a'))
    for (const name of ['z', 'y', 'x']) await writeFile(at(name), name)
    const one = await commit(driver, 'w')
    const two = await commit(driver, 'w')
    await driver.unmount('w')
    const three = await commit(driver, 'w')
    assert.deepEqual([two, three], [one, one])
    assert.equal((await all(driver.walk())).length, 2)
  })

  test('no changes make a layer without entries', async t => {
    const { driver } = await begin(t, make, file('f', 'f'))
    const layer = await commit(driver, 'w')
    assert.deepEqual(layer, { diffID: NOTHING, tarSize: 1024, size: 0, entries: 0 })
    await assert.rejects(commit(driver, 'unknown'), error => isStrataError(error, 'not_found'))
  })

  test('a layer holds the changes alone', async t => {
    const { driver, base, at } = await begin(t, make, folder('d'), file('d/big', 'x'.repeat(10_000)), file('d/s', 's'))
    await rm(at('d/s'))
    await writeFile(at('d/n'), 'n')
    const layer = await commit(driver, 'w')
    assert.deepEqual([layer.entries, layer.size], [3, 1])
    await using blob = await driver.open(layer.diffID)
    const tar = (await collect(blob.bytes(), 1 << 20)).toString('latin1')
    for (const name of ['d/', 'd/n', 'd/.wh.s']) assert.ok(tar.includes(`${name}\0`), name)
    const { path } = await shownBy(driver, 'again', [base, layer.diffID])
    assert.deepEqual(outline(path), { d: '', 'd/big': 'x'.repeat(10_000), 'd/n': 'n' })
  })

  test('placeholders are no changes, but what was made of them is', async t => {
    const placeholders: readonly Placeholder[] = [
      { path: '/etc/hosts', kind: 'file' },
      { path: '/etc/mtab', kind: 'symlink', target: '/proc/mounts' },
      { path: '/dev/shm', kind: 'directory' },
      { path: '/proc', kind: 'directory' },
      { path: '/srv/there', kind: 'file' },
      { path: '/opt/filled', kind: 'directory' },
      { path: '/usr/written', kind: 'file' },
      { path: '/var/x', kind: 'file' },
    ]
    const { driver, base, at } = await begin(
      t,
      make,
      folder('etc', { mode: 0o711 }),
      folder('srv'),
      file('srv/there', 'content'),
      folder('var', { mode: 0o700 }),
    )
    for (const name of ['dev/shm', 'proc', 'opt/filled', 'usr']) await mkdir(at(name), { recursive: true })
    for (const name of ['etc/hosts', 'usr/written', 'var/x']) await writeFile(at(name), '', { mode: 0o755 })
    await makeLink('/proc/mounts', at('etc/mtab'))
    const untouched = placeholders.filter(({ path }) => !path.startsWith('/srv'))
    assert.equal((await commit(driver, 'w', { placeholders: untouched })).entries, 0)
    const changed = async (complete = true) =>
      (await all(driver.changes('w', { placeholders, complete }))).map(({ path, kind }) => `${kind[0]} ${path}`)
    assert.deepEqual(await changed(), [])
    await rm(at('etc/hosts'))
    await rm(at('proc'), { recursive: true })
    assert.deepEqual(await changed(), ['m /etc', 'd /etc/hosts', 'd /proc'])
    assert.deepEqual(await changed(false), [], 'those that were not made')
    await writeFile(at('etc/hosts'), '', { mode: 0o755 })
    await mkdir(at('proc'))
    await rm(at('etc/mtab'))
    await makeLink('/proc/MOUNTS', at('etc/mtab'))
    assert.deepEqual(await changed(), ['m /etc', 'm /etc/mtab'])
    await rm(at('etc/mtab'))
    await makeLink('/proc/mounts', at('etc/mtab'))
    await truncate(at('srv/there'))
    await writeFile(at('opt/filled/in'), 'i')
    await writeFile(at('usr/written'), 'w')
    await chmod(at('var'), 0o755)
    assert.deepEqual(await changed(), [
      ...[
        'm /opt',
        'm /opt/filled',
        'a /opt/filled/in',
        'm /srv',
        'm /srv/there',
        'm /usr',
        'm /usr/written',
        'm /var',
      ],
    ])
    const layer = await commit(driver, 'w', { placeholders })
    const { path } = await shownBy(driver, 'again', [base, layer.diffID])
    assert.deepEqual(outline(path), {
      etc: '',
      opt: '',
      'opt/filled': '',
      'opt/filled/in': 'i',
      srv: '',
      'srv/there': '',
      usr: '',
      'usr/written': 'w',
      var: '',
    })
    assert.equal((await stat(join(path, 'var'))).mode & 0o777, 0o755)
  })

  test('sockets and names that would read as removals are left out', async t => {
    const { driver, base, at } = await begin(t, make, file('f', 'f'))
    await writeFile(at('.wh.f'), '')
    await mkdir(at('d'))
    await writeFile(at('d/.wh..wh..opq'), '')
    makeNode(at('d/socket'), { type: 'socket', mode: 0o600 })
    const { diffID, entries } = await commit(driver, 'w')
    assert.equal(entries, 1)
    const { path } = await shownBy(driver, 'again', [base, diffID])
    assert.deepEqual(outline(path), { d: '', f: 'f' })
  })

  test('a layer is kept from the collector before it is there', async t => {
    const { driver, at } = await begin(t, make, file('f', 'f'))
    await writeFile(at('n'), 'n')
    const kept: DiffID[] = []
    const layer = await commit(driver, 'w', {
      async keep(diffID) {
        assert.equal(await driver.has(diffID), false)
        kept.push(diffID)
      },
    })
    assert.deepEqual(kept, [layer.diffID])
  })

  test('a commit that fails leaves nothing', async t => {
    const { driver, root, at } = await begin(t, make, file('f', 'f'))
    await writeFile(at('n'), Buffer.alloc(100_000))
    const before = await leftovers(driver, root)
    const invalid = (error: unknown) => isStrataError(error, 'invalid_argument')
    await assert.rejects(commit(driver, 'w', { limit: 100_000 }), invalid)
    const refusal = new StrataError('unavailable', 'no lease')
    await assert.rejects(commit(driver, 'w', { keep: () => Promise.reject(refusal) }), refusal)
    const canceled = (error: unknown) => isStrataError(error, 'canceled')
    await assert.rejects(commit(driver, 'w', { signal: AbortSignal.abort() }), canceled)
    const controller = new AbortController()
    const running = commit(driver, 'w', { signal: controller.signal })
    controller.abort()
    await assert.rejects(running, canceled)
    assert.deepEqual(await leftovers(driver, root), before)
    assert.equal((await commit(driver, 'w')).entries, 1)
  })

  test('a full disk fails a commit and gives the space back', async t => {
    const root = await makeRootFolder(t)
    mount(root, { source: 'strata', type: 'tmpfs', data: 'size=4m' })
    const { driver } = await setUp(t, make, { root })
    await driver.createWritable('w', [])
    const { path } = await driver.mount('w')
    await writeFile(join(path, 'n'), Buffer.alloc(2_500_000, 1))
    const before = await leftovers(driver, root)
    await assert.rejects(
      commit(driver, 'w'),
      error => isStrataError(error, 'unavailable') && /no space left/.test(error.message),
    )
    assert.deepEqual(await leftovers(driver, root), before)
    await writeFile(join(path, 'm'), Buffer.alloc(1_000_000, 1))
    await rm(join(path, 'n'))
    assert.equal((await commit(driver, 'w')).size, 1_000_000)
  })

  test('little changes on a full disk', async t => {
    const root = await makeRootFolder(t)
    mount(root, { source: 'strata', type: 'tmpfs', data: 'size=4m' })
    const { driver } = await setUp(t, make, { root })
    await driver.createWritable('w', [])
    const { path } = await driver.mount('w')
    await writeFile(join(path, 'n'), Buffer.alloc(200_000, 1))
    const before = await leftovers(driver, root)
    const { bavail, bsize } = await statfs(root)
    await writeFile(join(root, 'filler'), Buffer.alloc(bavail * bsize - 100_000))
    await assert.rejects(commit(driver, 'w'), { code: 'unavailable', message: /no space left/ })
    assert.deepEqual(await leftovers(driver, root), before)
    await rm(join(root, 'filler'))
    assert.equal((await commit(driver, 'w')).size, 200_000)
  })

  test('a writable is removed after its commit has ended', async t => {
    const { driver, base, at } = await begin(t, make, file('f', 'f'))
    for (let number = 0; number < 50; number++) await writeFile(at(`n${number}`), 'n'.repeat(number))
    const committed = commit(driver, 'w')
    const removed = driver.removeWritable('w')
    const { diffID } = await committed
    await removed
    assert.equal(await driver.hasWritable('w'), false)
    const { path } = await shownBy(driver, 'again', [base, diffID])
    assert.equal((await readdir(path)).length, 51)
    assert.equal(await readFile(join(path, 'n49'), 'utf8'), 'n'.repeat(49))
  })

  test('random changes show again', async t => {
    const { driver } = await setUp(t, make)
    // Of different sizes: a copied tree is compared by that and by times, which are all the same here.
    const files = [file('a/b', '1'), file('a/a/b', '22'), file('b/a', '333')]
    const entries = [folder('a'), folder('a/a'), folder('b'), ...files]
    const { diffID: base } = await put(driver, await tarOf(...entries))
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
    const kinds = fc.constantFrom('file', 'folder', 'remove', 'link', 'name', 'move', 'mode')
    const step = fc.tuple(kinds, path, path)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async steps => {
        const ids = [`w${run++}`, `w${run++}`] as const
        await driver.createWritable(ids[0], [base])
        const rootfs = (await driver.mount(ids[0])).path
        for (const [kind, one, other] of steps) await change(kind, join(rootfs, one), join(rootfs, other))
        const changed = new Set((await all(driver.changes(ids[0]))).map(({ path }) => path.slice(1)))
        // A folder in which something came and went has no change but its time, which is none.
        const seenOf = (seen: ReturnType<typeof snapshot>) =>
          Object.entries(seen).map(([name, each]) => {
            const timeless = each.mode.startsWith('4') && !changed.has(name)
            return [name, timeless ? { ...each, mtime: 0n } : each]
          })
        const layer = await commit(driver, ids[0])
        const again = await shownBy(driver, ids[1], [base, layer.diffID])
        assert.deepEqual(seenOf(again.seen), seenOf(snapshot(rootfs, { directoryTimes: true })))
        for (const id of ids) await driver.removeWritable(id)
      }),
      { numRuns: 40 },
    )
  })
}

/** Does one thing, when it can be done. */
async function change(kind: string, one: string, other: string): Promise<void> {
  const work = {
    file: () => writeFile(one, other),
    folder: () => mkdir(one),
    remove: () => rm(one, { recursive: true }),
    link: () => makeLink('target', one),
    name: () => makeName(one, other),
    move: () => rename(one, other),
    mode: () => chmod(one, 0o750),
  }[kind]
  await work?.().catch(() => {})
}
