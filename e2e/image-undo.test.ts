import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { archiveOf } from './fixtures/image-archive.ts'
import { isolated } from './fixtures/isolation.ts'
import { idOf, layeredImage } from './fixtures/layered.ts'
import { execute, succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { createRandom } from './fixtures/random.ts'
import { startRegistry } from './fixtures/registry.ts'
import { checkStore, ok } from './torture/inspection.ts'

const launcher = join(import.meta.dirname, '../bin/strata')

interface Removed {
  readonly Name: string
  readonly Id: string
  readonly Why: string
}

interface Explained {
  readonly Images: readonly {
    readonly Id: string
    readonly Names: readonly string[]
    readonly Action: string
    readonly Reason: string
    readonly Bytes: number
  }[]
  readonly SpaceReclaimed: number
}

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-undo-'))
  const made = {
    a: await layeredImage(root, ['a'], { created: '2024-01-01T00:00:00Z', config: { Cmd: ['sh'] } }),
    ab: await layeredImage(root, ['a', 'b'], { created: '2024-02-01T00:00:00Z', config: { Cmd: ['sh'] } }),
    c: await layeredImage(root, ['c'], { created: '2024-03-01T00:00:00Z', config: { Cmd: ['sh'] } }),
  }
  const registry = await startRegistry({ root: join(root, 'registry') })
  for (const [name, image] of Object.entries(made)) await pushImage(registry, `${name}:1`, image)
  const name = (image: keyof typeof made) => `${registry.host}/${image}:1`
  const names = [name('a'), name('ab'), name('c')]
  const engine = await startEngine({ undoPeriod: 3600 })
  const removed = async () => (await call(engine, 'GET', '/strata/images/removed')).json<Removed[]>()
  const restore = (what: string) => restoring(engine, what)
  const reset = async () => {
    await ok(engine, 'image', 'prune', '-af')
    for (const each of names) await ok(engine, 'pull', '-q', each)
  }

  test('a removed image comes back with its names, and runs; an engine that was killed in between does not matter', async () => {
    await reset()
    const before = await ok(engine, 'image', 'inspect', name('ab'))
    await ok(engine, 'rmi', name('ab'))
    assert.deepEqual(
      (await removed()).map(({ Name, Id, Why }) => [Name, Id, Why]),
      [[name('ab'), idOf(made.ab), 'removed']],
    )
    await engine.kill9()
    await engine.start()
    await checkStore(engine)
    const answer = await restore(name('ab'))
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json(), { Id: idOf(made.ab), Names: [name('ab')], Left: [] })
    const inspected = JSON.parse(await ok(engine, 'image', 'inspect', name('ab')))
    assert.deepEqual(inspected[0].RepoDigests, JSON.parse(before)[0].RepoDigests)
    assert.equal(await ok(engine, 'run', '--rm', '--network', 'none', name('ab'), 'head', '-1', '/b'), 'b\n')
    assert.deepEqual(await removed(), [])
    const again = await restore(name('ab'))
    assert.deepEqual([again.status, again.json()], [404, { message: `No such removed image: ${name('ab')}` }])
  })

  test('a name that moved goes back, and forth again; by its ID an image leaves names alone that lead elsewhere', async () => {
    await reset()
    const idIn = async (text: string) => (await ok(engine, 'image', 'inspect', '--format', '{{.Id}}', text)).trim()
    await ok(engine, 'tag', name('a'), 'mine')
    await ok(engine, 'tag', name('c'), 'mine')
    assert.equal((await restore('mine')).status, 200)
    assert.equal(await idIn('mine'), idOf(made.a))
    assert.equal((await restore('mine')).status, 200)
    assert.equal(await idIn('mine'), idOf(made.c))
    await ok(engine, 'rmi', name('a'))
    await ok(engine, 'tag', name('c'), name('a'))
    assert.deepEqual((await restore(idOf(made.a).slice(7, 19))).json(), {
      Id: idOf(made.a),
      Names: [],
      Left: ['mine:latest', name('a')].sort((a, b) => (a < b ? -1 : 1)),
    })
    assert.equal(await idIn(idOf(made.a)), idOf(made.a))
    assert.equal((await restore('')).status, 400)
  })

  test('what could be restored is reclaimable, and a prune frees it', async () => {
    await reset()
    const reclaimable = async () => {
      const { LayersSize, Images } = (await call(engine, 'GET', '/system/df?type=image')).json<{
        LayersSize: number
        Images: unknown[]
      }>()
      return [LayersSize, Images.length]
    }
    const [size] = await reclaimable()
    await ok(engine, 'rmi', name('c'))
    assert.deepEqual(await reclaimable(), [size, 2])
    const dry = (await call(engine, 'POST', '/strata/images/prune?dry-run=1')).json<Explained>()
    const { Action, Names } = dry.Images[0]!
    assert.deepEqual([Action, Names], ['forget', [name('c')]])
    assert.ok(dry.SpaceReclaimed > 2000)
    assert.equal((await removed()).length, 1)
    const told = await ok(engine, 'image', 'prune', '--force')
    assert.match(told, /^Deleted Images:\ndeleted: (sha256:\S+)\n\nTotal reclaimed space: [1-9][\d.]*kB\n$/)
    assert.ok(told.includes(idOf(made.c)), told)
    assert.deepEqual(await removed(), [])
    assert.equal((await restore(name('c'))).status, 404)
    await checkStore(engine)
  })

  test('strata image restore and strata image prune do the same for people', async () => {
    await reset()
    const strata = (...args: string[]) => succeed([launcher, 'image', ...args], { env: engine.env })
    await ok(engine, 'rmi', name('c'))
    const [title, line, ...rest] = (await strata('restore')).trimEnd().split('\n')
    assert.match(title!, /^NAME +IMAGE ID +SIZE +WHY +SINCE +UNTIL$/)
    assert.ok(line!.startsWith(`${name('c')} `) && line!.includes(` ${idOf(made.c).slice(7, 19)} `), line)
    assert.deepEqual(rest, [])
    assert.equal(await strata('restore', name('c')), `Restored: ${idOf(made.c)}\nTagged: ${name('c')}\n`)
    assert.equal(await strata('restore'), 'nothing can be restored\n')
    const unknown = await execute([launcher, 'image', 'restore', 'nothing'], { env: engine.env })
    assert.deepEqual([unknown.status, unknown.stderr], [1, 'strata: No such removed image: nothing\n'])

    await ok(engine, 'create', '--name', 'user', name('a'))
    const dry = await strata('prune', '--all', '--dry-run')
    for (const [image, reason] of [
      ['a', 'container user uses it'],
      ['c', 'no container uses it'],
    ] as const) {
      const told = dry.split('\n').find(each => each.includes(idOf(made[image]).slice(7, 19)))
      assert.ok(told?.includes(reason), dry)
    }
    assert.equal((await ok(engine, 'images', '--quiet')).trimEnd().split('\n').length, 3)
    await strata('prune', '--all', '--force')
    assert.equal(await ok(engine, 'images', '--format', '{{.Repository}}:{{.Tag}}'), `${name('a')}\n`)
    await ok(engine, 'rm', 'user')
  })

  test('a prune says why: in use, used lately, among the newest', async () => {
    await reset()
    await ok(engine, 'tag', name('a'), 'app:1')
    await ok(engine, 'tag', name('ab'), 'app:2')
    await ok(engine, 'tag', name('c'), 'app:3')
    await ok(engine, 'rmi', ...names)
    await ok(engine, 'create', '--name', 'user', 'app:1')
    const ask = async (filters: Record<string, string[]>) => {
      const query = `filters=${encodeURIComponent(JSON.stringify({ dangling: ['false'], ...filters }))}`
      const { Images } = (await call(engine, 'POST', `/strata/images/prune?dry-run=1&${query}`)).json<Explained>()
      return Images.map(({ Action, Reason }) => [Action, Reason.replace(/\d{4}-[^ ,]*/, 'TIME')])
    }
    const used = ['keep', 'container user uses it']
    const unneeded = ['remove', 'no container uses it, last used TIME']
    assert.deepEqual(await ask({}), [unneeded, unneeded, used])
    assert.deepEqual(await ask({ keep: ['1'] }), [['keep', 'it is among the 1 newest of app'], unneeded, used])
    const lately = ['keep', 'it was used TIME, within 30d']
    assert.deepEqual(await ask({ 'unused-for': ['30d'] }), [lately, lately, used])
    assert.deepEqual(await ask({ 'unused-for': ['0s'] }), [unneeded, unneeded, used])
    const bad = await engine.docker(['image', 'prune', '-f', '--filter', 'unused-for=x'])
    assert.match(bad.stderr, /invalid filter 'unused-for=x': a number and one of s, m, h, d and w is expected/)
    await ok(engine, 'image', 'prune', '-af', '--filter', 'keep=1')
    assert.equal(await ok(engine, 'images', '--format', '{{.Repository}}:{{.Tag}}'), 'app:3\napp:1\n')
    await ok(engine, 'rm', 'user')
  })

  test('on a full disk what could be restored gives way: a commit goes on, an import can be begun again', async t => {
    const disk = join(root, 'disk')
    await mkdir(disk)
    await succeed(['mount', '-t', 'tmpfs', '-o', 'size=56m', 'tmpfs', disk])
    t.after(() => succeed(['umount', disk]))
    const config = join(root, 'reserve.json')
    await writeFile(config, JSON.stringify({ 'image-undo-reserve': 0 }))
    await using small = await startEngine({
      undoPeriod: 3600,
      dataRoot: disk,
      storageDriver: 'overlay2',
      flags: ['--config-file', config],
    })
    const tar = join(root, 'large.tar')
    await writeFile(tar, archiveOf([{ name: 'large', data: createRandom(1).bytes(12 << 20) }]))
    const waiting = async () => (await call(small, 'GET', '/strata/images/removed')).json<Removed[]>().length

    await ok(small, 'pull', '-q', name('a'))
    await ok(small, 'import', tar, 'large:1')
    await ok(small, 'rmi', 'large:1')
    const fill = ['dd', 'if=/dev/urandom', 'of=/x', 'bs=1048576', 'count=12']
    await ok(small, 'run', '--name', 'writer', '--network', 'none', name('a'), ...fill)
    assert.equal(await waiting(), 1)
    await ok(small, 'commit', 'writer', 'written:1')
    assert.equal(await waiting(), 0)

    await ok(small, 'rmi', 'written:1')
    assert.equal(await waiting(), 1)
    const refused = await small.docker(['import', tar, 'large:1'])
    assert.deepEqual(
      [refused.status, refused.stderr.trim().split('\n').at(-1)],
      [1, 'Error response from daemon: no space left on device'],
    )
    assert.equal(await waiting(), 0)
    await ok(small, 'import', tar, 'large:1')
    await checkStore(small)

    const flood = ['dd', 'if=/dev/zero', 'of=/x', 'bs=1048576']
    const full = await small.docker(['run', '--name', 'flood', '--network', 'none', name('a'), ...flood])
    assert.equal(full.status, 1)
    assert.match(full.stderr, /No space left on device/)
    assert.equal(await ok(small, 'inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', 'flood'), 'exited 1\n')
    await ok(small, 'rm', 'flood', 'writer')
    await checkStore(small)
    await small.stop()
    assert.deepEqual(await small.leaks(), [])
  })

  test('nothing is left behind', async () => {
    await ok(engine, 'image', 'prune', '-af')
    await checkStore(engine)
    await engine.stop()
    assert.deepEqual(await engine.leaks(), [])
    await engine[Symbol.asyncDispose]()
    await registry.stop()
    await rm(root, { recursive: true, force: true })
  })
}

function restoring(engine: Engine, what: string) {
  return call(engine, 'POST', `/strata/images/restore?name=${encodeURIComponent(what)}`)
}
