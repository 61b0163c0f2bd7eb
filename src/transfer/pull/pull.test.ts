import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { collect, isStrataError } from '../../std/index.ts'
import {
  all,
  config,
  digestOf,
  gzip,
  image,
  MANIFEST,
  newPuller,
  newRegistry,
  noise,
  OCI_INDEX,
  OCI_MANIFEST,
  pulling,
  tarOf,
} from '../testdata/fixtures.ts'

test('an image comes in with its layers, names and progress in the words of Docker', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const tars = [tarOf('etc/one', noise(50_000, 1)), tarOf('etc/two', noise(70_000, 2))]
  const pushed = image(registry, 'library/app', tars)
  const { result, events } = await pulling(store, registry, 'library/app')
  assert.deepEqual(result, { image: pushed.config.digest, digest: pushed.manifest.digest, upToDate: false })
  const [first, second] = pushed.layers.map(({ digest }) => digest.slice(7, 19))
  assert.deepEqual(events[0], { status: 'Pulling from library/app', id: 'latest' })
  assert.deepEqual(events.slice(1, 3), [
    { status: 'Pulling fs layer', progressDetail: {}, id: first },
    { status: 'Pulling fs layer', progressDetail: {}, id: second },
  ])
  for (const [position, id] of [first, second].entries()) {
    const own = events.slice(3).filter(event => event.id === id)
    const words = own.map(({ status }) => status).filter((word, at, all) => word !== all[at - 1])
    const size = pushed.layers[position]!.size
    assert.deepEqual(words, ['Downloading', 'Verifying Checksum', 'Download complete', 'Extracting', 'Pull complete'])
    assert.deepEqual(own.find(({ status }) => status === 'Extracting')?.progressDetail, { current: size, total: size })
  }
  assert.deepEqual(events.slice(-2), [
    { status: `Digest: ${pushed.manifest.digest}` },
    { status: `Status: Downloaded newer image for ${registry.host}/library/app:latest` },
  ])
  const record = store.images.get(pushed.config.digest)!
  assert.deepEqual(
    record.layers.map(({ size }) => size),
    [50_000, 70_000],
  )
  assert.equal(record.size, 120_000)
  assert.deepEqual(record.manifest, pushed.manifest)
  const { tags, digests } = store.images.summary(pushed.config.digest)
  assert.deepEqual(tags, [`${registry.host}/library/app:latest`])
  assert.deepEqual(digests, [`${registry.host}/library/app@${pushed.manifest.digest}`])
  for (const [position, tar] of tars.entries()) {
    await using blob = await store.layers.open(pushed.diffIDs[position]!)
    assert.ok((await collect(blob.bytes(), 1e7)).equals(tar))
  }
  assert.deepEqual(store.leases.list(), [])
  assert.equal((await all(store.content.ingests())).length, 0)
})

test('a second pull finds everything there; a layer that is gone is fetched again', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const pushed = image(registry, 'app', [tarOf('a', noise(1000, 1)), tarOf('b', noise(1000, 2))])
  await pulling(store, registry, 'app')
  const blobs = registry.requestsOf('/blobs/').length
  const again = await pulling(store, registry, 'app')
  assert.equal(again.result.upToDate, true)
  assert.deepEqual(
    again.events.map(({ status }) => status),
    [
      'Pulling from app',
      `Digest: ${pushed.manifest.digest}`,
      `Status: Image is up to date for ${registry.host}/app:latest`,
    ],
  )
  assert.equal(registry.requestsOf('/blobs/').length, blobs)
  await store.layers.remove(pushed.diffIDs[1]!)
  const third = await pulling(store, registry, 'app')
  assert.equal(third.result.upToDate, false)
  assert.ok(third.events.some(({ status }) => status === 'Already exists'))
  assert.equal(registry.requestsOf('/blobs/').length, blobs + 1)
  assert.ok(await store.layers.has(pushed.diffIDs[1]!))
})

test('by digest only the repo digest is set; a tag that moves is followed', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const old = image(registry, 'app', [tarOf('a', noise(1000, 1))])
  const { events, result } = await pulling(store, registry, 'app', { digest: old.manifest.digest })
  assert.equal(events[0]!.id, `${registry.host}/app@${old.manifest.digest}`)
  assert.deepEqual(store.images.summary(result.image).tags, [])
  await pulling(store, registry, 'app')
  assert.equal(store.images.summary(result.image).tags.length, 1)
  const young = image(registry, 'app', [tarOf('a', noise(1000, 1)), tarOf('b', noise(1000, 2))])
  const moved = await pulling(store, registry, 'app')
  assert.equal(moved.result.upToDate, false)
  assert.deepEqual(store.images.summary(old.config.digest).tags, [])
  assert.equal(store.images.summary(young.config.digest).tags.length, 1)
})

test('zstd and plain layers, the same layer twice, no layers at all', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const tars = [tarOf('a', noise(30_000, 1)), tarOf('b', noise(30_000, 2)), tarOf('a', noise(30_000, 1))]
  const mixed = image(registry, 'mixed', tars, {
    compress: (tar, position) => (position === 1 ? tar : zstdCompressSync(tar)),
  })
  await pulling(store, registry, 'mixed')
  for (const diffID of mixed.diffIDs) assert.ok(await store.layers.has(diffID))
  const { result } = await pulling(store, registry, 'empty', image(registry, 'empty', []).none)
  assert.equal(store.images.get(result.image)!.size, 0)
})

test('the platform is picked from the index', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const amd = image(registry, 'multi', [tarOf('amd', noise(10, 1))])
  const arm = image(registry, 'multi', [tarOf('arm', noise(10, 2))], {
    platform: { os: 'linux', architecture: 'arm64' },
  })
  const index = registry.manifest('multi', 'latest', OCI_INDEX, {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [
      { ...amd.manifest, platform: { os: 'linux', architecture: 'amd64' } },
      { ...arm.manifest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    ],
  })
  const platform = (architecture: string) => ({ platform: { os: 'linux', architecture } })
  const picked = await pulling(store, registry, 'multi', platform('arm64'))
  assert.deepEqual(picked.result, { image: arm.config.digest, digest: index.digest, upToDate: false })
  assert.equal((await pulling(store, registry, 'multi', platform('amd64'))).result.image, amd.config.digest)
  await assert.rejects(pulling(store, registry, 'multi', platform('s390x')), {
    code: 'not_found',
    message: 'no matching manifest for linux/s390x in the manifest list entries',
  })
  image(registry, 'single', [tarOf('arm', noise(10, 2))], { platform: { os: 'linux', architecture: 'arm64' } })
  const { events } = await pulling(store, registry, 'single', platform('amd64'))
  assert.equal(
    events.at(-1)!.status,
    `WARNING: image with reference ${registry.host}/single:latest was found but its platform (linux/arm64) does not match the specified platform (linux/amd64)`,
  )
})

test('bad images are refused in the words of Docker, and leave no layer', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t, { limits: { maxLayerSize: 2_000_000 } })
  const tar = tarOf('a', noise(20_000, 9))
  const other = gzip(tarOf('a', noise(20_000, 10)))
  const of = (repository: string, options: Parameters<typeof image>[3] = {}) =>
    image(registry, repository, [tar], options)
  const forged = of('forged', { compress: tar => Buffer.concat([gzip(tar), Buffer.alloc(1)]) }).layers[0]!
  registry.faults.set(forged.digest, {
    bytes: Buffer.concat([other, Buffer.alloc(forged.size)]).subarray(0, forged.size),
  })
  const corrupt = Buffer.from(gzip(tar))
  corrupt.fill(7, 200, 400)
  of('corrupt', { compress: () => corrupt })
  of('baddiff', { diffIDs: [digestOf('other')] })
  of('count', { diffIDs: [digestOf('x'), digestOf('y')] })
  image(registry, 'nottar', [Buffer.from('this is no tar'.repeat(100))])
  image(registry, 'bomb', [Buffer.alloc(50_000_000)])
  registry.blobs.delete(image(registry, 'nolayer', [tarOf('gone', noise(10, 3))]).layers[0]!.digest)
  registry.blobs.delete(of('noconfig', { extra: { author: 'nobody' } }).config.digest)
  const wrong = of('wrongconfig', { extra: { author: 'somebody' } }).config
  registry.faults.set(wrong.digest, { bytes: Buffer.alloc(wrong.size, 0x20) })
  of('windows', { platform: { os: 'windows', architecture: 'amd64' } })
  of('artifact', { configType: 'application/vnd.foo.config' })
  of('plugin', { configType: 'application/vnd.docker.plugin.v1+json' })
  const lying = of('lying', { extra: { author: 'a liar' }, sizes: [17] })
  const mismatch = "layers from manifest don't match image configuration"
  const cases: [string, string, string | RegExp][] = [
    ['forged', 'failed_precondition', `filesystem layer verification failed for digest ${forged.digest}`],
    ['lying', 'failed_precondition', `filesystem layer verification failed for digest ${lying.layers[0]!.digest}`],
    ['corrupt', 'invalid_argument', /^failed to register layer: /],
    ['baddiff', 'failed_precondition', mismatch],
    ['count', 'failed_precondition', mismatch],
    ['nottar', 'invalid_argument', /^failed to register layer: archive\/tar: invalid tar header/],
    ['bomb', 'invalid_argument', /larger than/],
    ['nolayer', 'not_found', 'unknown blob'],
    ['noconfig', 'not_found', 'error pulling image configuration: download failed after attempts=1: unknown blob'],
    [
      'wrongconfig',
      'failed_precondition',
      `error pulling image configuration: image config verification failed for digest ${wrong.digest}`,
    ],
    [
      'windows',
      'invalid_argument',
      'image operating system "windows" cannot be used on this platform: operating system is not supported',
    ],
    ['artifact', 'invalid_argument', 'Encountered remote "application/vnd.foo.config"(unknown) when fetching'],
    ['plugin', 'invalid_argument', 'Encountered remote "application/vnd.docker.plugin.v1+json"(plugin) when fetching'],
  ]
  for (const [repository, code, text] of cases) {
    await assert.rejects(pulling(store, registry, repository), (error: unknown) => {
      assert.ok(isStrataError(error), `${repository}: ${error}`)
      assert.equal(error.code, code, `${repository}: ${error.message}`)
      if (typeof text === 'string') assert.equal(error.message, text)
      else assert.match(error.message, text)
      return true
    })
  }
  assert.deepEqual(await all(store.layers.walk()), [])
  assert.equal(store.images.list().length, 0)
  assert.deepEqual(
    (await all(store.content.ingests())).map(({ ref }) => ref),
    [],
  )
})

test('artifacts that have the form of an image are refused by their media types, before any of their blobs is asked for', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const { config: own, layers } = image(registry, 'base', [tarOf('a', noise(10, 1))])
  const serve = (repository: string, configType: string, layerType: string) =>
    registry.manifest(repository, 'latest', OCI_MANIFEST, {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { ...own, mediaType: configType },
      layers: layers.map(layer => ({ ...layer, mediaType: layerType })),
    })
  const chart = serve('chart', 'application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart')
  serve('signature', 'application/vnd.oci.image.config.v1+json', 'application/vnd.dev.cosign.simplesigning.v1+json')
  serve('model', 'application/vnd.docker.ai.model.config.v0.1+json', 'application/vnd.docker.ai.gguf.v3')
  registry.manifest('listed', 'latest', OCI_INDEX, {
    schemaVersion: 2,
    manifests: [{ ...chart, platform: { os: 'linux', architecture: 'amd64' } }],
  })
  registry.manifests.set(`listed@${chart.digest}`, registry.manifests.get(`chart@${chart.digest}`)!)
  const unsupported = (mediaType: string) => `unsupported media type ${mediaType}`
  for (const [repository, message] of [
    ['chart', unsupported('application/vnd.cncf.helm.config.v1+json')],
    ['listed', unsupported('application/vnd.cncf.helm.config.v1+json')],
    ['signature', unsupported('application/vnd.dev.cosign.simplesigning.v1+json')],
    ['model', 'AI models are not yet supported by the Engine, please use "docker model pull/run" instead'],
  ] as const) {
    await assert.rejects(pulling(store, registry, repository), { code: 'invalid_argument', message })
  }
  assert.deepEqual(registry.requestsOf('/blobs/'), [])
})

test('a tag that vanishes between the index and the manifest is an error of its own', async t => {
  const registry = await newRegistry(t)
  const store = await newPuller(t)
  const only = image(registry, 'gone', [])
  registry.manifest('gone', 'latest', OCI_INDEX, {
    schemaVersion: 2,
    manifests: [{ ...only.manifest, platform: { os: 'linux', architecture: 'amd64' } }],
  })
  registry.manifests.delete(`gone@${only.manifest.digest}`)
  const platform = { os: 'linux', architecture: 'amd64' }
  await assert.rejects(pulling(store, registry, 'gone', { platform }), {
    code: 'not_found',
    message: /manifest unknown/,
  })
  registry.manifest('other', 'latest', MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: config({}),
    layers: 7,
  })
  await assert.rejects(pulling(store, registry, 'other'), { code: 'invalid_argument' })
})
