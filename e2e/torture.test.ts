import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { archiveOf, busyboxTars, dockerArchive } from './fixtures/image-archive.ts'
import { type Image, imageOf, type Layer, layerOf, tarOf } from './fixtures/image-builder.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { pushImage } from './fixtures/push.ts'
import { createRandom, type Random } from './fixtures/random.ts'
import { startRegistry } from './fixtures/registry.ts'
import { anyCommand, isRefusal, type Targets } from './torture/commands.ts'
import { allContainers, checkEmpty, checkEverything, checkStore, imageNames, ok } from './torture/inspection.ts'

const rounds = Number(process.env.STRATA_TORTURE_ROUNDS ?? 50)
const seed = Number(process.env.STRATA_TORTURE_SEED ?? Date.now() % 2 ** 32)
/** The engine lives at most so long in a round, in milliseconds. */
const longestLife = 1000

if (await isolated(import.meta.filename)) {
  test(`killed at ${rounds} random moments the engine comes back whole`, async t => {
    t.diagnostic(`STRATA_TORTURE_SEED=${seed}`)
    const random = createRandom(seed)
    const root = await mkdtemp(join(tmpdir(), 'strata-torture-'))
    t.after(() => rm(root, { recursive: true, force: true }))
    await using registry = await startRegistry({ root: join(root, 'registry') })
    const images = await makeImages(root, random)
    for (const [name, image] of Object.entries(images)) await pushImage(registry, name, image)
    const names = Object.keys(images).map(name => `${registry.host}/${name}`)
    const targets = { images: names, archives: await makeArchives(root, random), folder: root }

    await using engine = await startEngine()
    t.after(() => report(t, engine))
    let cut = 0
    let done = 0
    for (let round = 1; round <= rounds; round++) {
      const log = await torment(engine, random, targets)
      cut += log.cut.length
      done += log.done.length
      await engine.start()
      try {
        await checkEverything(engine, random)
      } catch (error) {
        throw new Error(`round ${round} of seed ${seed}, after ${JSON.stringify(log, undefined, 1)}`, { cause: error })
      }
    }
    t.diagnostic(`${done} commands came to their end, ${cut} were cut off`)
    assert.ok(cut >= rounds, 'too few commands were under way when the engine was killed')

    await clear(engine, names, images)
  })
}

/** Several commands at once, and after some time the end of the engine. */
async function torment(engine: Engine, random: Random, targets: Targets) {
  const life = 20 + random.number(longestLife)
  const done: string[] = []
  const cut: string[] = []
  const failed: string[] = []
  let alive = true
  const lane = async (commands: readonly string[][]) => {
    for (const args of commands) {
      if (!alive) return
      const { status, stdout, stderr } = await engine.docker(args)
      const list = alive ? done : cut
      list.push(`${status}: ${args.join(' ')}: ${stdout}${stderr}`)
      if (alive && status !== 0 && !isRefusal(status, stdout + stderr)) failed.push(list.at(-1)!)
    }
  }
  const lanes = Array.from({ length: 4 }, () => Array.from({ length: 6 }, () => anyCommand(random, targets)))
  const running = lanes.map(lane)
  await after(life)
  alive = false
  await engine.kill9()
  await Promise.all(running)
  assert.deepEqual(failed, [])
  return { life, done, cut }
}

/** An image of two small layers, and two that have further ones, small and large, that can't be compressed. */
async function makeImages(root: string, random: Random): Promise<Record<string, Image>> {
  const into = join(root, 'layers')
  const small = await busyboxImage({ into })
  const base = small.blobs.filter((blob): blob is Layer => 'diffId' in blob)
  const layer = async (name: string, size: number, compression: 'gzip' | 'zstd' | 'none') => {
    const folder = join(into, name)
    await mkdir(folder)
    await writeFile(join(folder, name), random.bytes(size))
    await tarOf(folder, `${folder}.tar`)
    return layerOf(`${folder}.tar`, { into, flavor: 'oci', compression })
  }
  const little = await Promise.all([1, 2, 3].map(number => layer(`little${number}`, 50_000, 'gzip')))
  const config = { Cmd: ['sh'] }
  return {
    'small:1': small,
    'large:1': imageOf([...base, ...little, await layer('large1', 16e6, 'gzip')], { flavor: 'oci', config }),
    'large:2': imageOf([...base, await layer('large2', 12e6, 'none'), little[1]!], { flavor: 'oci', config }),
  }
}

/** Archives of an image of a large layer, and of one of several small ones, compressed. */
async function makeArchives(root: string, random: Random): Promise<Record<string, string>> {
  const base = await busyboxTars(join(root, 'layers'))
  const layer = (name: string, size: number) => archiveOf([{ name, data: random.bytes(size) }])
  const large = dockerArchive({ layers: [...base, layer('large', 16e6)], tags: ['loaded:large'] })
  const small = [1, 2, 3, 4, 5].map(number => layer(`small${number}`, 400_000))
  const paths = { 'loaded:large': join(root, 'large.tar'), 'loaded:small': join(root, 'small.tar.gz') }
  await writeFile(paths['loaded:large'], archiveOf(large))
  const several = dockerArchive({ layers: [...base, ...small], tags: ['loaded:small'] })
  await writeFile(paths['loaded:small'], gzipSync(archiveOf(several)))
  return paths
}

/** Removes everything by way of docker and stops the engine: then there is nothing left, on disk or elsewhere. */
async function clear(engine: Engine, names: readonly string[], images: Readonly<Record<string, Image>>): Promise<void> {
  const removeAll = async () => {
    const containers = await allContainers(engine)
    if (containers.length > 0) await ok(engine, 'rm', '-fv', ...containers.map(({ Id }) => Id))
    const tags = await imageNames(engine)
    if (tags.length > 0) await ok(engine, 'rmi', '-f', ...tags)
    // An image stays without a name when the last one that it had was given to another image.
    await ok(engine, 'image', 'prune', '-f')
    assert.deepEqual((await call(engine, 'GET', '/images/json?all=1')).json(), [])
  }
  await removeAll()
  // Pulls that were cut off have left what the next ones go on from: parts of layers of these images, and nothing else.
  const digests = Object.values(images).flatMap(image => image.blobs.map(blob => blob.digest))
  const ingests = await ingestsOf(engine)
  assert.deepEqual(
    ingests.filter(ref => !digests.some(digest => ref === `layer-${digest}`)),
    [],
  )
  for (const name of names) await ok(engine, 'pull', '-q', name)
  await checkStore(engine)
  await removeAll()
  await checkStore(engine)
  await engine.stop()
  assert.deepEqual(await engine.leaks(), [])
  await checkEmpty(engine)
  assert.deepEqual(await namesIn(join(engine.dataRoot, 'volumes')), [])
  assert.deepEqual(await namesIn(join(engine.dataRoot, 'containers')), [])
}

async function ingestsOf(engine: Engine): Promise<string[]> {
  const folder = join(engine.dataRoot, 'content/ingests')
  const names = await readdir(folder)
  return Promise.all(names.map(name => readFile(join(folder, name, 'ref'), 'utf8')))
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

/** What the engine itself complained about. */
async function report(t: { diagnostic(text: string): void }, engine: Engine): Promise<void> {
  const lines = (await readFile(join(engine.root, 'log'), 'utf8').catch(() => '')).split('\n')
  for (const line of lines) if (/"level":[56]0|^[^{]/.test(line)) t.diagnostic(line.slice(0, 600))
}
