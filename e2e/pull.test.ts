import assert from 'node:assert/strict'
import { access, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { file, tarOf } from '../src/layers/testsuite/tar.ts'
import { sendError, sendJson, TestRegistry } from '../src/remotes/testdata/registry.ts'
import { call } from './fixtures/call.ts'
import { layerFrom, serveImage } from './fixtures/crafted.ts'
import { startEngine } from './fixtures/engine.ts'
import { type Image, imageOf, indexOf, type Layer } from './fixtures/image-builder.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually } from './fixtures/lab.ts'
import { pushImage } from './fixtures/push.ts'
import { createRandom } from './fixtures/random.ts'
import { startRegistry } from './fixtures/registry.ts'
import { startSession } from './fixtures/session.ts'

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-pull-'))
  const random = createRandom(1)
  const registry = await new TestRegistry().start()
  const engine = await startEngine()
  const small = await busyboxImage({ into: join(root, 'layers') })
  const base = small.blobs.filter((blob): blob is Layer => 'diffId' in blob)
  const ok = async (...args: string[]) => {
    const { status, stdout, stderr } = await engine.docker(args)
    assert.equal(status, 0, `docker ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const removeAll = async () => {
    const ids = new Set((await ok('images', '-q')).split('\n').filter(id => id !== ''))
    if (ids.size > 0) await ok('rmi', '-f', ...ids)
  }
  after(async () => {
    try {
      await removeAll()
      await engine.stop()
      assert.deepEqual(await engine.leaks(), [])
    } finally {
      await engine[Symbol.asyncDispose]()
      await registry.stop()
      await rm(root, { recursive: true, force: true })
    }
  })
  beforeEach(async () => {
    await removeAll()
    registry.faults.clear()
    registry.intercept = undefined
    registry.requests.length = 0
    registry.sent.clear()
  })

  const size = 8 * 2 ** 20
  /** An image with a layer of {@link size} bytes that can't be compressed, on top of a runnable one. */
  const newImage = async (name: string): Promise<{ image: Image; large: Layer }> => {
    const large = layerFrom(await tarOf(file(`opt/${name}`, random.bytes(size))))
    return { image: imageOf([...base, large], { flavor: 'oci', config: { Cmd: ['sh'] } }), large }
  }
  const served = async (name: string) => {
    const { image, large } = await newImage(name)
    await serveImage(registry, name, image)
    return { name: `${registry.host}/${name}:latest`, large, image }
  }
  const runs = async (image: string) =>
    assert.equal(await ok('run', '--rm', image, 'cat', '/srv/index.html'), 'hello from strata')

  /** Bytes that the engine keeps of a layer that is on its way. */
  const received = async (layer: Layer): Promise<number> => {
    const folder = join(engine.dataRoot, 'content/ingests')
    for (const name of await readdir(folder).catch(() => [])) {
      const ref = await readFile(join(folder, name, 'ref'), 'utf8').catch(() => '')
      if (ref === `layer-${layer.digest}`) return sizeOf(join(folder, name, 'data'))
    }
    return 0
  }

  /** Whether the layer is in the layer store. */
  const isHere = ({ diffId }: Layer): Promise<boolean> =>
    access(join(engine.dataRoot, 'layers/erofs/layers', diffId.slice(7), 'info.json')).then(
      () => true,
      () => false,
    )

  /** Pulls until half of the large layer is here, interrupts, and pulls again: the rest only is served. */
  const interrupted = async (
    name: string,
    interrupt: (pull: { kill(signal: NodeJS.Signals): void }) => Promise<unknown>,
  ) => {
    const { name: image, large } = await served(name)
    const gate = Promise.withResolvers<void>()
    registry.faults.set(large.digest, { gate: { after: size / 2, open: gate.promise } })
    await using pull = await startSession(['docker', 'pull', image], { env: engine.env })
    await eventually(
      () => received(large),
      bytes => bytes >= size / 4,
    )
    await eventually(
      () => Promise.all(base.map(isHere)),
      here => !here.includes(false),
    )
    // Who is interrupted while the registry still sends gets less than what may be counted on here.
    await eventually(
      async () => registry.sent.get(large.digest),
      sent => sent === size / 2,
    )
    await interrupt(pull)
    assert.notEqual(await pull.ended, 0)
    registry.faults.clear()
    registry.requests.length = 0
    registry.sent.clear()
    await ok('pull', '-q', image)
    const [request, ...further] = registry.requestsOf(large.digest)
    assert.deepEqual(further, [])
    const offset = Number(/^bytes=(\d+)-$/.exec(request?.range ?? '')?.[1])
    assert.ok(offset >= size / 4 && offset <= size / 2, `went on from ${request?.range}`)
    assert.equal(registry.sent.get(large.digest), large.size - offset)
    assert.deepEqual(
      base.filter(({ digest }) => registry.requestsOf(digest).length > 0),
      [],
      'layers that had come whole are not fetched again',
    )
    assert.equal(await received(large), 0)
    gate.resolve()
    await runs(image)
  }

  test('a pull that the user gave up is gone on with by the next one', async () => {
    await interrupted('given-up', async pull => pull.kill('SIGINT'))
  })

  test('a pull that the engine died in is gone on with by the next one', async () => {
    await interrupted('killed', async () => {
      await engine.kill9()
      await engine.start()
    })
  })

  test('a prune gives back what a pull that was given up has left, and nothing of one that goes on', async () => {
    const { name: image, large } = await served('pruned')
    const gate = Promise.withResolvers<void>()
    registry.faults.set(large.digest, { gate: { after: size / 2, open: gate.promise } })
    const half = () =>
      eventually(
        async () => Promise.all([(await received(large)) >= size / 4, ...base.map(isHere)]),
        here => !here.includes(false),
      )
    await using given = await startSession(['docker', 'pull', image], { env: engine.env })
    await half()
    given.kill('SIGINT')
    assert.notEqual(await given.ended, 0)
    const left = ['system', 'df', '--format', '{{.Type}} {{.Size}}']
    assert.doesNotMatch(await ok(...left), /^Images 0B$/m)
    assert.match(await ok('image', 'prune', '-f', '--filter', 'until=1h'), /^Total reclaimed space: 0B$/m)
    assert.ok((await received(large)) > 0)
    const told = await ok('image', 'prune', '-f')
    assert.match(told, new RegExp(`^deleted: ${large.digest}$`, 'm'))
    assert.match(told, /^Total reclaimed space: [1-9]/m)
    assert.equal(await received(large), 0)
    assert.deepEqual(await Promise.all(base.map(isHere)), [false, false])
    assert.match(await ok(...left), /^Images 0B$/m)
    await using kept = await startSession(['docker', 'pull', image], { env: engine.env })
    await half()
    await ok('system', 'prune', '-af')
    assert.ok((await received(large)) > 0)
    assert.deepEqual(await Promise.all(base.map(isHere)), [true, true])
    gate.resolve()
    assert.equal(await kept.ended, 0, kept.stderr)
    await runs(image)
  })

  test('a registry that is killed and comes back: the pull goes on by itself', async () => {
    const large = layerFrom(await tarOf(file('opt/huge', random.bytes(48 * 2 ** 20))), { compression: 'none' })
    const folder = join(root, 'registry')
    await using first = await startRegistry({ root: folder })
    await pushImage(first, 'huge:1', imageOf([...base, large], { flavor: 'oci', config: { Cmd: ['sh'] } }))
    const image = `${first.host}/huge:1`
    await using pull = await startSession(['docker', 'pull', image], { env: engine.env })
    await eventually(
      () => received(large),
      bytes => bytes > 0,
    )
    process.kill(first.pid, 'SIGKILL')
    await first.stop()
    await pull.until(/Retrying in \d+ second/)
    assert.ok((await received(large)) < large.size)
    await using _second = await startRegistry({ root: folder, port: Number(first.host.split(':')[1]) })
    assert.equal(await pull.ended, 0, pull.stdout + pull.stderr)
    await runs(image)
  })

  test('two pulls of one image at once fetch each blob once', async () => {
    const { name, large, image } = await served('twice')
    const gate = Promise.withResolvers<void>()
    registry.faults.set(large.digest, { gate: { after: size / 2, open: gate.promise } })
    await using first = await startSession(['docker', 'pull', name], { env: engine.env })
    await first.until('Pulling fs layer')
    await using second = await startSession(['docker', 'pull', name], { env: engine.env })
    await second.until(/Pulling fs layer/)
    gate.resolve()
    assert.deepEqual([await first.ended, await second.ended], [0, 0], first.stderr + second.stderr)
    for (const pull of [first, second]) assert.match(pull.stdout, new RegExp(`Digest: ${image.manifest.digest}`))
    for (const layer of [...base, large]) {
      assert.deepEqual([registry.requestsOf(layer.digest).length, registry.sent.get(layer.digest)], [1, layer.size])
    }
    await runs(name)
  })

  test('the platform that was asked for; the same image by its digest', async () => {
    const of = (architecture: string) =>
      imageOf(base, { flavor: 'oci', architecture, config: { Env: [`ARCH=${architecture}`] } })
    const index = indexOf({ amd64: of('amd64'), arm64: of('arm64') }, 'oci')
    await serveImage(registry, 'multi', index)
    const name = `${registry.host}/multi`
    const inspect = (image: string) => ok('inspect', '--format', '{{.Architecture}} {{.Config.Env}}', image)
    await ok('pull', '-q', name)
    assert.equal(await inspect(name), 'amd64 [ARCH=amd64]')
    await ok('pull', '-q', '--platform', 'linux/arm64', name)
    assert.equal(await inspect(name), 'arm64 [ARCH=arm64]')
    for (const [architecture, { manifest }] of Object.entries({
      amd64: index.children[0]!,
      arm64: index.children[1]!,
    })) {
      const byDigest = `${name}@${manifest.digest}`
      assert.equal(await ok('pull', '-q', byDigest), byDigest)
      assert.equal(await inspect(byDigest), `${architecture} [ARCH=${architecture}]`)
    }
  })

  for (const flavor of ['docker', 'oci'] as const) {
    for (const compression of ['gzip', 'zstd', 'none'] as const) {
      test(`layers of the kind ${flavor}, ${compression}`, async () => {
        const image = await busyboxImage({ into: join(root, `${flavor}-${compression}`), flavor, compression })
        await serveImage(registry, `kind-${flavor}-${compression}`, image)
        const name = `${registry.host}/kind-${flavor}-${compression}:latest`
        assert.match(await ok('pull', name), new RegExp(`Digest: ${image.manifest.digest}`))
        await runs(name)
      })
    }
  }

  test('a registry that wants tokens: of anybody, and of those who logged in', async t => {
    const tokens = await new TestRegistry().start()
    t.after(() => tokens.stop())
    const asked: (string | undefined)[] = []
    tokens.intercept = (request, response) => {
      asked.push(request.headers.authorization)
      const scope = new URL(request.url ?? '', tokens.url).searchParams.get('scope') ?? ''
      const allowed = scope === 'repository:open:pull' || request.headers.authorization === `Basic ${btoa('me:secret')}`
      sendJson(
        response,
        allowed ? 200 : 401,
        allowed ? { token: btoa(scope) } : { details: 'incorrect username or password' },
      )
      return true
    }
    registry.intercept = (request, response, path) => {
      const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1]
      if (repository && request.headers.authorization === `Bearer ${btoa(`repository:${repository}:pull`)}`)
        return false
      const scope = repository ? `,scope="repository:${repository}:pull"` : ''
      response.setHeader('www-authenticate', `Bearer realm="${tokens.url}/token",service="test"${scope}`)
      sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
      return true
    }
    for (const repository of ['open', 'closed']) await serveImage(registry, repository, small)
    await ok('pull', '-q', `${registry.host}/open`)
    assert.deepEqual(new Set(asked), new Set([undefined]))
    await runs(`${registry.host}/open`)

    // The docker CLI would ask for a name and a password now.
    const path = `/images/create?fromImage=${encodeURIComponent(`${registry.host}/closed`)}&tag=latest`
    const refused = await call(engine, 'POST', path)
    assert.equal(refused.status, 401)
    assert.match(refused.json<{ message: string }>().message, /unauthorized: incorrect username or password$/)
    const config = join(engine.env.DOCKER_CONFIG!, 'config.json')
    await writeFile(config, JSON.stringify({ auths: { [registry.host]: { auth: btoa('me:secret') } } }))
    t.after(() => writeFile(config, '{}'))
    await ok('pull', '-q', `${registry.host}/closed`)
    await runs(`${registry.host}/closed`)
  })
}

/** Of a file that is there or not. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
