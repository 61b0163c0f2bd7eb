import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import {
  chmod,
  symlink as makeLink,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { detach, isMountPoint, mount, mountsUnder } from '../../host/index.ts'
import { isStrataError } from '../../std/index.ts'
import { byBytes } from '../tree/finish.ts'
import { all, layerFolder, leftovers, type MakeDriver, makeRootFolder, put, setUp } from './setup.ts'
import { outline } from './snapshot.ts'
import { file, folder, symlink, tarOf, whiteout } from './tar.ts'

export function lifeCases(make: MakeDriver): void {
  test('a writable keeps what was written, apart from all others', async t => {
    const { driver, root } = await setUp(t, make)
    const { diffID } = await put(driver, await tarOf(file('f', 'lower')))
    await driver.createWritable('one', [diffID])
    await driver.createWritable('two', [diffID])
    const one = await driver.mount('one')
    const two = await driver.mount('two')
    await writeFile(join(one.path, 'f'), 'mine')
    assert.equal(await readFile(join(two.path, 'f'), 'utf8'), 'lower')
    await driver.unmount('one')
    const again = await driver.mount('one')
    assert.equal(await readFile(join(again.path, 'f'), 'utf8'), 'mine')
    assert.deepEqual(await all(driver.writables()), [
      { id: 'one', chain: [diffID] },
      { id: 'two', chain: [diffID] },
    ])
    assert.equal(await driver.hasWritable('one'), true)
    await assert.rejects(driver.createWritable('one', []), error => isStrataError(error, 'already_exists'))
    await driver.removeWritable('one')
    await driver.removeWritable('one')
    assert.equal(await driver.hasWritable('one'), false)
    await assert.rejects(driver.mount('one'), error => isStrataError(error, 'not_found'))
    await driver.unmount('two')
    assert.deepEqual(await mountsUnder(root), [])
    await driver.removeWritable('two')
    assert.equal((await leftovers(driver, root)).length, 1)
  })

  test('ids that are no names are refused', async t => {
    const { driver } = await setUp(t, make)
    for (const id of ['', '.', '../x', 'a/b', '-a', 'a\0']) {
      await assert.rejects(driver.createWritable(id, []), error => isStrataError(error, 'invalid_argument'))
    }
  })

  test('the last unmount counts', async t => {
    const { driver, root } = await setUp(t, make)
    const { diffID } = await put(driver, await tarOf(file('f', 'x')))
    await driver.createWritable('w', [diffID])
    await driver.mount('w')
    const { path } = await driver.mount('w')
    await driver.unmount('w')
    assert.equal(await readFile(join(path, 'f'), 'utf8'), 'x')
    await driver.unmount('w')
    await driver.unmount('w')
    assert.deepEqual(await mountsUnder(root), [])
  })

  test('mounts that somebody else took away', async t => {
    const { driver, root } = await setUp(t, make)
    const { diffID } = await put(driver, await tarOf(file('f', 'x')))
    await driver.createWritable('w', [diffID])
    await driver.mount('w')
    for (const { mountPoint } of await mountsUnder(root)) detach(mountPoint)
    const { path } = await driver.mount('w')
    assert.equal(await readFile(join(path, 'f'), 'utf8'), 'x')
    for (const { mountPoint } of await mountsUnder(root)) detach(mountPoint)
    await driver.unmount('w')
    await driver.unmount('w')
    await assert.rejects(driver.remove(diffID), error => isStrataError(error, 'conflict'))
    await driver.removeWritable('w')
    await driver.remove(diffID)
  })

  test('what changed, as docker diff shows it', async t => {
    const { driver } = await setUp(t, make)
    const lower = await put(
      driver,
      await tarOf(
        folder('a'),
        file('a/same', 's'),
        file('a/touched', 't'),
        file('a/edited', 'e'),
        folder('a/deep'),
        file('a/deep/gone', 'g'),
        folder('tree'),
        file('tree/x', 'x'),
        folder('redone'),
        file('redone/old', 'o'),
        file('redone/kept', 'k'),
        symlink('link', 'a'),
        file('hidden', 'h'),
      ),
    )
    const upper = await put(driver, await tarOf(whiteout('hidden'), folder('modes')))
    await driver.createWritable('w', [lower.diffID, upper.diffID])
    const { path } = await driver.mount('w')
    assert.deepEqual(await all(driver.changes('w')), [])
    const at = (name: string) => join(path, name)
    await utimes(at('a/touched'), 1, 2)
    await writeFile(at('a/edited'), 'changed')
    await rm(at('a/deep/gone'))
    await rm(at('tree'), { recursive: true })
    await rm(at('redone'), { recursive: true })
    await mkdir(at('redone'))
    await chmod(at('redone'), 0o755)
    await writeFile(at('redone/new'), 'n')
    await writeFile(at('redone/kept'), 'another')
    await rm(at('link'))
    await makeLink('elsewhere', at('link'))
    await chmod(at('modes'), 0o700)
    await mkdir(at('new'))
    await writeFile(at('new/file'), '1234')
    await writeFile(at('new.file'), '')
    await writeFile(at('hidden'), 'back')
    await writeFile(at('passing'), '')
    await rm(at('passing'))
    // A new name of a file that did not change, then away again: copied up, but the same.
    const handle = await open(at('a/same'), 'a')
    await handle.close()
    assert.deepEqual(
      (await all(driver.changes('w'))).map(({ path, kind }) => `${kind[0]} ${path}`),
      [
        'm /a',
        'm /a/deep',
        'd /a/deep/gone',
        'm /a/edited',
        'm /a/touched',
        'a /hidden',
        'm /link',
        'm /modes',
        'a /new',
        'a /new.file',
        'a /new/file',
        'm /redone',
        'm /redone/kept',
        'a /redone/new',
        'd /redone/old',
        'd /tree',
      ],
    )
    const usage = await driver.usage('w')
    assert.ok(usage.size >= 4 + 7 + 7 && usage.inodes >= 10, JSON.stringify(usage))
    const less = await driver.usage('w', { withoutLinks: ['/link', '/new/file', '/absent'] })
    assert.deepEqual(less, { size: usage.size - 'elsewhere'.length, inodes: usage.inodes - 1 })
    await driver.unmount('w')
    assert.equal((await all(driver.changes('w'))).length, 16)
    await assert.rejects(driver.usage('x'), error => isStrataError(error, 'not_found'))
  })

  test('mounts outlive the engine, and are adopted or cleared away', async t => {
    const root = await makeRootFolder(t)
    const first = await setUp(t, make, { root })
    const { diffID } = await put(first.driver, await tarOf(file('f', 'x')))
    for (const id of ['kept', 'left']) {
      await first.driver.createWritable(id, [diffID])
      await writeFile(join((await first.driver.mount(id)).path, 'own'), id)
    }
    const mountsBefore = (await mountsUnder(root)).length
    await first.driver[Symbol.asyncDispose]()
    assert.equal((await mountsUnder(root)).length, mountsBefore)

    const { driver } = await setUp(t, make, { root })
    const report = await driver.recover(new Set(['kept', 'unknown']))
    assert.deepEqual(report.dropped, [])
    for (const path of report.unmounted) assert.equal(await isMountPoint(path), false)
    const { path } = await driver.mount('kept')
    assert.deepEqual(outline(path), { f: 'x', own: 'kept' })
    await assert.rejects(driver.remove(diffID), error => isStrataError(error, 'conflict'))
    await driver.unmount('kept')
    assert.deepEqual(await mountsUnder(root), [])
    assert.deepEqual(outline((await driver.mount('left')).path), { f: 'x', own: 'left' })

    const third = await setUp(t, make, { root })
    await third.driver.recover(new Set())
    assert.deepEqual(await mountsUnder(root), [])
  })

  test('what was under way when the engine was killed is cleared away', async t => {
    const { driver, root } = await setUp(t, make)
    const own = join(root, driver.name)
    for (const place of ['tmp', 'trash']) {
      await mkdir(join(own, place, 'half', 'd'), { recursive: true })
      await writeFile(join(own, place, 'half', 'd', 'f'), 'x')
    }
    await driver.recover(new Set())
    await driver[Symbol.asyncDispose]()
    for (const place of ['tmp', 'trash']) assert.deepEqual(readdirSync(join(own, place)), [])
  })

  test('layers that were not synced when the machine went down are verified, and dropped when damaged', async t => {
    const root = await makeRootFolder(t)
    const before = await setUp(t, make, { root, boot: 'one', syncPause: 1_000_000 })
    const names = ['whole', 'torn', 'short', 'nameless']
    const layers = await Promise.all(
      names.map(async name => put(before.driver, await tarOf(file(name, name.repeat(1000))))),
    )
    const [whole, torn, short, nameless] = layers.map(({ diffID }) => layerFolder(before.driver, root, diffID))
    const handle = await open(join(torn!, 'layer.tar'), 'r+')
    await handle.write('?', 600)
    await handle.close()
    await truncate(join(short!, 'layer.tar'), 512)
    await truncate(join(nameless!, 'info.json'), 0)
    for (const derived of ['layer.erofs', 'diff']) await rm(join(whole!, derived), { recursive: true, force: true })

    const { driver } = await setUp(t, make, { root, boot: 'two' })
    const { dropped } = await driver.recover(new Set())
    assert.deepEqual(
      dropped.toSorted(byBytes),
      layers
        .slice(1)
        .map(({ diffID }) => diffID)
        .sort(byBytes),
    )
    assert.deepEqual(await all(driver.walk()), [layers[0]])
    await driver.verify(layers[0]!.diffID)
    await driver.createWritable('w', [layers[0]!.diffID])
    assert.deepEqual(outline((await driver.mount('w')).path), { whole: 'whole'.repeat(1000) })
    await driver.removeWritable('w')
    await driver[Symbol.asyncDispose]()
    assert.ok((await readdir(whole!)).includes('synced'))

    // What is known to be synced is not read again.
    await truncate(join(whole!, 'layer.tar'), 512)
    const third = await setUp(t, make, { root, boot: 'three' })
    assert.deepEqual((await third.driver.recover(new Set())).dropped, [])
  })

  test('a full disk after the machine went down costs no layer', async t => {
    const root = await makeRootFolder(t)
    mount(root, { source: 'strata', type: 'tmpfs', data: 'size=1m' })
    const before = await setUp(t, make, { root, boot: 'one', syncPause: 1_000_000 })
    const layer = await put(before.driver, await tarOf(file('f', 'x'.repeat(5000))))
    const filler = await open(join(root, 'filler'), 'w')
    await assert.rejects(filler.writeFile(Buffer.alloc(1 << 20)), { code: 'ENOSPC' })
    await filler.close()
    const second = await setUp(t, make, { root, boot: 'two', syncPause: 1_000_000 })
    assert.deepEqual((await second.driver.recover(new Set())).dropped, [])
    await second.driver.verify(layer.diffID)

    // What has to be made afresh waits for space, and nobody finds the layer until then.
    const own = layerFolder(before.driver, root, layer.diffID)
    const derived = ['layer.erofs', 'diff'].filter(name => readdirSync(own).includes(name))
    for (const name of derived) await rm(join(own, name), { recursive: true })
    const more = await open(join(root, 'more'), 'w')
    await assert.rejects(more.writeFile(Buffer.alloc(1 << 20)), { code: 'ENOSPC' })
    await more.close()
    const third = await setUp(t, make, { root, boot: 'three', syncPause: 1_000_000 })
    assert.deepEqual((await third.driver.recover(new Set())).dropped, [])
    assert.equal(await third.driver.has(layer.diffID), derived.length === 0)
    for (const name of ['filler', 'more']) await rm(join(root, name))
    const fourth = await setUp(t, make, { root, boot: 'three', syncPause: 1_000_000 })
    assert.deepEqual((await fourth.driver.recover(new Set())).dropped, [])
    await fourth.driver.verify(layer.diffID)
  })

  test('whoever looks for a layer while it is removed does not find it again afterwards', async t => {
    const { driver } = await setUp(t, make)
    for (let round = 0; round < 20; round++) {
      const { diffID } = await put(driver, await tarOf(file('f', `${round}`)))
      let removed = false
      const removal = driver.remove(diffID).finally(() => {
        removed = true
      })
      for (; !removed; await turn()) await driver.has(diffID)
      await removal
      assert.equal(await driver.has(diffID), false)
    }
  })

  test('a writable that is made while its layer is removed has it, or is not made', async t => {
    const { driver } = await setUp(t, make)
    for (let round = 0; round < 20; round++) {
      const { diffID } = await put(driver, await tarOf(file('f', `${round}`)))
      const id = `w${round}`
      const [made, removed] = await Promise.allSettled([driver.createWritable(id, [diffID]), driver.remove(diffID)])
      assert.notEqual(made.status, removed.status)
      assert.equal(await driver.has(diffID), made.status === 'fulfilled')
      assert.equal(await driver.hasWritable(id), made.status === 'fulfilled')
    }
  })
}
