import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { TestRegistry } from '../src/remotes/testdata/registry.ts'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { busyboxTars, dockerArchive, writeArchive } from './fixtures/image-archive.ts'
import { isolated } from './fixtures/isolation.ts'
import { createRandom } from './fixtures/random.ts'
import { ImageWork, kinds } from './torture/image-work.ts'
import { checkEmpty, checkStore, ok } from './torture/inspection.ts'

/** So often the engine is killed within each kind of work. */
const kills = Number(process.env.STRATA_TORTURE_ROUNDS ?? 50)
const seed = Number(process.env.STRATA_TORTURE_SEED ?? Date.now() % 2 ** 32)

/** Makes changes, for ever. */
const write = 'while :; do head -c 2000000 /dev/urandom >/changed; usleep 100000; done'
const allKinds = [...kinds, 'collection'] as const

if (await isolated(import.meta.filename)) {
  test(`killed ${kills} times within each kind of work on images the engine comes back whole`, async t => {
    t.diagnostic(`STRATA_TORTURE_SEED=${seed}`)
    const random = createRandom(seed)
    const root = await mkdtemp(join(tmpdir(), 'strata-image-torture-'))
    t.after(() => rm(root, { recursive: true, force: true }))
    const registry = await new TestRegistry().start()
    t.after(() => registry.stop())
    const base = await busyboxTars(join(root, 'layers'))
    await writeArchive(join(root, 'base.tar'), dockerArchive({ layers: base, tags: ['base:1'] }))
    await using engine = await startEngine({ undoPeriod: 3600 })
    await ok(engine, 'load', '-i', join(root, 'base.tar'))
    await ok(engine, 'run', '-d', '--name', 'writer', '--network', 'none', 'base:1', 'sh', '-c', write)
    const log = await engineLog(engine)
    const work = new ImageWork({ engine, registry, base, random })
    let collections = 0
    const hits = (kind: (typeof allKinds)[number]) => (kind === 'collection' ? collections : work.cut.get(kind)!)

    let round = 0
    for (;;) {
      const target = allKinds.toSorted((a, b) => hits(a) - hits(b))[0]!
      if (hits(target) >= kills) break
      round++
      assert.ok(round <= 8 * kills, `killed ${round} times, and within ${target} only ${hits(target)} times`)
      const lanes = work.begin('writer')
      if (target !== 'collection') {
        for (let skip = random.number(2); skip >= 0; skip--) await Promise.race([work.sending(target), lanes])
        await after(random.number(work.durationOf(target) + 1))
      } else await after(random.number(500))
      work.end()
      await engine.kill9()
      await lanes
      if (await log.endsWithin('collecting garbage', 'collected garbage')) collections++
      await engine.start()
      try {
        await checkAll(engine, work)
      } catch (error) {
        throw new Error(`round ${round} of seed ${seed}`, { cause: error })
      }
    }
    t.diagnostic(
      `${round} kills, within ${allKinds.map(kind => `${kind} ${hits(kind)}`).join(', ')}; ${work.done} done`,
    )

    for (const name of work.names) {
      if ((await engine.docker(['image', 'inspect', name])).status !== 0) continue
      if (name === 'imported:1') continue
      assert.equal(
        await ok(engine, 'run', '--rm', '--network', 'none', name, 'cat', '/srv/index.html'),
        'hello from strata\n',
      )
    }
    await clear(engine)
  })
}

/** The store is whole and holds nothing that nobody needs, names are what they were, the container goes on. */
async function checkAll(engine: Engine, work: ImageWork): Promise<void> {
  await work.checkNames()
  const lines = (await call(engine, 'POST', '/strata/system/check')).body.toString().trimEnd().split('\n')
  const told = lines.map(line => JSON.parse(line) as { readonly status: string })
  assert.deepEqual(
    told.filter(({ status }) => status !== 'checked').map(({ status }) => status),
    ['done'],
    lines.join('\n'),
  )
  for (const folder of ['layers/erofs/tmp', 'layers/erofs/trash', 'content/ingests']) {
    assert.deepEqual(await readdir(join(engine.dataRoot, folder)), [], folder)
  }
  const { State } = (await call(engine, 'GET', '/containers/writer/json')).json<{ State: { Status: string } }>()
  assert.equal(State.Status, 'running')
}

/** Removes everything and stops the engine: then there is nothing left, on disk or elsewhere. */
async function clear(engine: Engine): Promise<void> {
  await ok(engine, 'rm', '-f', 'writer')
  await ok(engine, 'image', 'prune', '-af')
  await checkStore(engine)
  await engine.stop()
  assert.deepEqual(await engine.leaks(), [])
  await checkEmpty(engine)
}

/** What the engine logs, from one look to the next. */
async function engineLog(engine: Engine) {
  const path = join(engine.root, 'log')
  let read = (await readFile(path)).length
  return {
    /** Whether the last of what was logged is a beginning without its end. */
    async endsWithin(beginning: string, end: string): Promise<boolean> {
      const bytes = await readFile(path)
      const text = bytes.subarray(read).toString()
      read = bytes.length
      return text.lastIndexOf(`"${beginning}"`) > text.lastIndexOf(`"${end}"`)
    },
  }
}
