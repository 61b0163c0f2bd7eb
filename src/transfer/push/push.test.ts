import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Descriptor, Manifest } from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import { sendError, type TestRegistry } from '../../remotes/testdata/registry.ts'
import { digestOf, image, newPuller, newRegistry, noise, pulling, pushing, tarOf } from '../testdata/fixtures.ts'

const MIB = 1 << 20

/** An image of two layers that was pulled from `source`, and is to be pushed as `target/app:latest`. */
async function setUp(t: TestContext, choices: Parameters<typeof newPuller>[1] = {}) {
  const source = await newRegistry(t)
  const target = await newRegistry(t)
  const tars = [tarOf('a', noise(3 * MIB, 1)), tarOf('b', Buffer.alloc(2 * MIB, 'text '))]
  const pulled = image(source, 'base', tars)
  const store = await newPuller(t, choices)
  const { result } = await pulling(store, source, 'base')
  const reference: Reference = { domain: target.host, path: 'app', tag: 'latest' }
  store.images.tag(reference, result.image)
  const { diffIDs } = pulled
  return { source, target, tars, pulled, store, reference, diffIDs, id: result.image }
}

function manifestIn(registry: TestRegistry): Manifest {
  return JSON.parse(registry.manifests.get('app:latest')!.bytes.toString())
}

/** That the registry has the layers `tars` below `app:latest`, compressed in some way. */
function assertPushed(registry: TestRegistry, tars: readonly Buffer[]): void {
  const { layers, config } = manifestIn(registry)
  for (const [position, { digest, size }] of layers.entries()) {
    const blob = registry.blobs.get(digest)!
    assert.equal(blob.byteLength, size)
    assert.ok(gunzipSync(blob).equals(tars[position]!))
  }
  assert.equal(layers.length, tars.length)
  assert.ok(registry.blobs.has(config.digest))
  assert.equal(registry.uploads.open, 0)
}

/** What was said of one layer. */
const statusesOf = (events: readonly { id?: string; status?: string }[], diffID: string) => [
  ...new Set(events.flatMap(({ id, status }) => (id === diffID.slice(7, 19) && status ? [status] : []))),
]

test('what its source still has is relayed, and the manifest is the original one', async t => {
  const { source, target, tars, pulled, store, reference, diffIDs } = await setUp(t)
  const events = await pushing(store, reference)
  assertPushed(target, tars)
  assert.deepEqual(target.manifests.get('app:latest'), source.manifests.get('base:latest'))
  const { digest, size } = pulled.manifest
  assert.deepEqual(events[0], { status: `The push refers to repository [${target.host}/app]` })
  assert.deepEqual(events.at(-2), { status: `latest: digest: ${digest} size: ${size}` })
  assert.deepEqual(events.at(-1), { progressDetail: {}, aux: { Tag: 'latest', Digest: digest, Size: size } })
  for (const layer of diffIDs) assert.deepEqual(statusesOf(events, layer), ['Preparing', 'Pushing', 'Pushed'])
  assert.deepEqual(store.images.name({ domain: target.host, path: 'app', digest })?.target?.digest, digest)
  assert.deepEqual(store.leases.list(), [])
  const again = await pushing(store, reference)
  for (const layer of diffIDs) assert.deepEqual(statusesOf(again, layer), ['Preparing', 'Layer already exists'])
})

test('what nobody has any more is compressed, to the same bytes each time', async t => {
  const { source, target, tars, store, reference } = await setUp(t)
  await source.stop()
  await pushing(store, reference)
  assertPushed(target, tars)
  const first = manifestIn(target)
  target.blobs.clear()
  for (const { diffID } of store.images.list()[0]!.record.layers) store.layerSources.forget(diffID)
  await pushing(store, reference)
  assert.deepEqual(manifestIn(target), first)
  assertPushed(target, tars)
})

test('a source that is still there is not forgotten for others that are gone', async t => {
  const { source, pulled, store, diffIDs, id } = await setUp(t)
  for (let push = 0; push < 10; push++) {
    const target = await newRegistry(t)
    const reference: Reference = { domain: target.host, path: 'app', tag: 'latest' }
    store.images.tag(reference, id)
    await pushing(store, reference)
    assert.deepEqual(target.manifests.get('app:latest'), source.manifests.get('base:latest'))
    for (const [position, layer] of diffIDs.entries()) {
      const [first] = store.layerSources.list(layer)
      assert.equal(first!.descriptor.digest, pulled.layers[position]!.digest)
      assert.deepEqual(first!.repositories.slice(0, 2), [`${source.host}/base`, `${target.host}/app`])
    }
    await target.stop()
  }
})

test('of several forms of a layer that of the image itself is sent, though another was pulled later', async t => {
  const { source, target, tars, store, reference, diffIDs } = await setUp(t)
  for (const [position, layer] of diffIDs.entries()) {
    const blob = gzipSync(tars[position]!, { level: 1 })
    const digest = digestOf(blob)
    source.blobs.set(digest, blob)
    const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: blob.byteLength }
    store.layerSources.add([{ diffID: layer, descriptor }], `${source.host}/other`)
  }
  await pushing(store, reference)
  assertPushed(target, tars)
  assert.deepEqual(target.manifests.get('app:latest'), source.manifests.get('base:latest'))
})

test('what was kept is sent as it is', async t => {
  const { source, target, tars, pulled, store, reference } = await setUp(t, { keepCompressed: true })
  await source.stop()
  await pushing(store, reference)
  assertPushed(target, tars)
  assert.equal(digestOf(target.manifests.get('app:latest')!.bytes), pulled.manifest.digest)
})

test('a source that lies or breaks is passed over', async t => {
  const { source, target, tars, pulled, store, reference, diffIDs } = await setUp(t)
  const [first, second] = pulled.layers as [Descriptor, Descriptor]
  source.faults.set(first.digest, { bytes: Buffer.alloc(first.size, 1) })
  source.faults.set(second.digest, { cutAfter: () => 0 })
  await pushing(store, reference)
  assertPushed(target, tars)
  assert.ok(manifestIn(target).layers.every(({ digest }, position) => digest !== pulled.layers[position]!.digest))
  const held = store.layerSources.list(diffIDs[0]!).find(({ descriptor }) => descriptor.digest === first.digest)
  assert.equal(held, undefined)
})

for (const [what, faults] of Object.entries({
  'that are cut go on where they were': { cuts: 3, cutAfter: 700_000 },
  'that are lost begin anew': { cuts: 2, cutAfter: 700_000, forgetful: true },
  'of which the registry took less go on there': { takes: [400_000, 900_000] },
  'that want another token, a pause or another time go on': { answers: [401, 0, 429, 503, 404, 500] },
})) {
  for (const from of ['source', 'store', 'layer'] as const) {
    test(`uploads ${what}, from the ${from}`, async t => {
      const { source, target, tars, store, reference } = await setUp(t, { keepCompressed: from === 'store' })
      if (from !== 'source') await source.stop()
      Object.assign(target.uploads.faults, faults)
      target.intercept = (request, response, path) => {
        if (path === '/v2/') response.setHeader('www-authenticate', 'Bearer realm="/token"')
        if (path === '/v2/') response.writeHead(401).end()
        else if (path.startsWith('/token')) response.end(JSON.stringify({ token: `t${Math.random()}` }))
        else if (request.headers.authorization) return false
        else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end()
        return true
      }
      await pushing(store, reference)
      assertPushed(target, tars)
      if (!('forgetful' in faults || 'answers' in faults)) {
        const sent = manifestIn(target).layers.reduce((sum, { size }) => sum + size, 0)
        assert.ok(target.uploads.received < sent + 10_000, 'nothing was sent twice')
      }
    })
  }
}

test('uploads that wait for their next attempt let other layers be compressed', async t => {
  const source = await newRegistry(t)
  const target = await newRegistry(t)
  const tars = ['a', 'b', 'c', 'd'].map((name, seed) => tarOf(name, noise(MIB, seed)))
  image(source, 'base', tars)
  const store = await newPuller(t)
  const { result } = await pulling(store, source, 'base')
  const reference: Reference = { domain: target.host, path: 'app', tag: 'latest' }
  store.images.tag(reference, result.image)
  await source.stop()
  // However long the others take.
  store.pusher.setLimits({ maxConcurrentUploads: 5, maxUploadAttempts: 1000 })
  const refused = new Set<string>()
  target.intercept = (request, response, path) => {
    if (request.method !== 'PATCH' || target.blobs.size > 0) return false
    // Two are; the others are taken.
    if (refused.size === 2 && !refused.has(path)) return false
    refused.add(path)
    response.writeHead(503, { 'retry-after': '60' }).end()
    return true
  }
  await pushing(store, reference)
  assertPushed(target, tars)
})

test('the largest layers are sent first, and the manifest has them in their order', async t => {
  const source = await newRegistry(t)
  const target = await newRegistry(t)
  const tars = [2, 1, 4, 3].map(size => tarOf(`of ${size}`, noise(size * MIB, size)))
  image(source, 'base', tars)
  const store = await newPuller(t)
  const { result } = await pulling(store, source, 'base')
  const reference: Reference = { domain: target.host, path: 'app', tag: 'latest' }
  store.images.tag(reference, result.image)
  await source.stop()
  store.pusher.setLimits({ maxConcurrentUploads: 1, maxUploadAttempts: 1 })
  await pushing(store, reference)
  assertPushed(target, tars)
  const sent = [...target.blobs.values()].map(({ byteLength }) => Math.floor(byteLength / MIB))
  assert.deepEqual(sent, [4, 3, 2, 1, 0])
})

test('a registry that stores something else, or never takes anything, fails the push', async t => {
  const { target, store, reference } = await setUp(t)
  target.uploads.faults.storedAs = digestOf('something else')
  await assert.rejects(pushing(store, reference), /the registry stored sha256:.* instead of sha256:/)
  target.uploads.faults.storedAs = undefined
  target.blobs.clear()
  target.uploads.faults.cuts = Number.POSITIVE_INFINITY
  await assert.rejects(pushing(store, reference), /EOF|reset|broken pipe/)
  assert.deepEqual(store.leases.list(), [])
})

test('a denied push fails at once, with the words of the registry', async t => {
  const { target, store, reference } = await setUp(t)
  target.intercept = (request, response) => {
    if (request.method !== 'POST') return false
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        errors: [{ code: 'DENIED', message: 'requested access to the resource is denied', detail: [] }],
      }),
    )
    return true
  }
  await assert.rejects(pushing(store, reference), { message: 'denied: requested access to the resource is denied' })
  assert.equal(target.requests.filter(({ method }) => method === 'POST').length <= 2, true)
})

test('an upload that goes on at another host goes there, and without credentials', async t => {
  const { target, tars, store, reference } = await setUp(t)
  const storage = await newRegistry(t)
  target.intercept = (request, response, path) => {
    if (!request.headers.authorization) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else if (request.method === 'POST') response.writeHead(202, { location: `${storage.url}${path}begun` }).end()
    else return false
    return true
  }
  storage.intercept = async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    if (request.method === 'PATCH') storage.blob(bytes)
    for (const [digest, blob] of storage.blobs) target.blobs.set(digest, blob)
    if (request.method === 'PUT' && bytes.byteLength > 0) target.blob(bytes)
    response.writeHead(request.method === 'PUT' ? 201 : 202, { location: request.url }).end()
    return true
  }
  await pushing(store, reference, { credentials: { username: 'me', password: 'secret' } })
  assertPushed(target, tars)
  assert.deepEqual([...new Set(storage.requests.map(({ authorization }) => authorization))], [undefined])
  assert.equal(target.uploads.received, 0)
})

for (const [what, answer] of Object.entries<(response: ServerResponse) => void>({
  'breaks off': response => response.destroy(),
  'is refused': response => response.writeHead(403).end(),
  'begins an upload nowhere': response => response.writeHead(202).end(),
})) {
  test(`a loan that ${what} does not keep the bytes from going up`, async t => {
    const { source, tars, store, id } = await setUp(t)
    const reference = { domain: source.host, path: 'app', tag: 'latest' }
    store.images.tag(reference, id)
    const had = new Map(source.blobs)
    let lent = 0
    source.intercept = (request, response, path) => {
      // It has the blobs for another repository only, until they come.
      if (request.method === 'HEAD') {
        response.writeHead(404).end()
        return true
      }
      if (!path.includes('mount=')) return false
      lent++
      answer(response)
      return true
    }
    await pushing(store, reference)
    assertPushed(source, tars)
    assert.equal(lent, tars.length)
    assert.deepEqual(source.blobs, had)
  })
}

test('an upload that the registry forgets, or never begins, is told in the words of Docker', async t => {
  const { target, store, reference } = await setUp(t)
  target.uploads.faults.answers = Array.from({ length: 10 }, () => 404)
  await assert.rejects(pushing(store, reference), { code: 'not_found', message: 'blob upload unknown' })
  target.intercept = (request, response) => {
    if (request.method !== 'POST') return false
    response.writeHead(201, { location: '/v2/app/blobs/uploads/1' }).end()
    return true
  }
  await assert.rejects(pushing(store, reference), { message: 'received unexpected HTTP status: 201 Created' })
})

test('credentials of the target are not for the source', async t => {
  const { source, target, store, reference } = await setUp(t)
  const challenge = { 'www-authenticate': 'Basic realm="x"' }
  target.intercept = (request, response) => {
    if (request.headers.authorization) return false
    response.writeHead(401, challenge).end()
    return true
  }
  const credentials = { username: 'me', password: 'secret' }
  await pushing(store, reference, { credentials })
  assert.ok(target.requests.some(({ authorization }) => authorization?.startsWith('Basic ')))
  assert.deepEqual([...new Set(source.requests.map(({ authorization }) => authorization))], [undefined])
  await assert.rejects(pushing(store, reference), { code: 'unauthorized', message: 'no basic auth credentials' })
})

test('two pushes of one layer to one place send it once; a push that is given up ends', async t => {
  const { target, store, reference, tars, id } = await setUp(t)
  const other = { ...reference, tag: 'other' }
  store.images.tag(other, id)
  await Promise.all([pushing(store, reference), pushing(store, other)])
  assertPushed(target, tars)
  const sent = manifestIn(target).layers.reduce((sum, { size }) => sum + size, 0)
  assert.ok(target.uploads.received < sent + 10_000)

  target.blobs.clear()
  const stop = new AbortController()
  target.intercept = request => {
    if (request.method === 'PATCH') stop.abort()
    return false
  }
  await assert.rejects(pushing(store, reference, { signal: stop.signal }), { code: 'canceled' })
  assert.deepEqual(store.leases.list(), [])
})

test('names that lead nowhere', async t => {
  const { store, reference, target } = await setUp(t)
  const { domain } = reference
  const failing = (wanted: Partial<Reference>, message: string) =>
    assert.rejects(pushing(store, { domain, path: 'app', ...wanted }), { message })
  await failing({ path: 'other' }, `An image does not exist locally with the tag: ${domain}/other`)
  await failing({ tag: 'nope' }, `tag does not exist: ${domain}/app:nope`)
  await failing({ digest: digestOf('x') }, 'cannot push a digest reference')
  await pushing(store, { domain, path: 'app' })
  assert.ok(target.manifests.has('app:latest'))
})

test('of many tags each is set in turn until one is refused; what they share is asked for once', async t => {
  const { store, reference, target, id } = await setUp(t)
  const tags = Array.from({ length: 50 }, (_, position) => `t${String(position).padStart(2, '0')}`)
  for (const tag of tags) store.images.tag({ ...reference, tag }, id)
  const { domain, path } = reference
  let answer: (response: ServerResponse) => boolean = () => false
  target.intercept = (request, response, asked) =>
    request.method === 'PUT' && asked.endsWith('/manifests/t07') && answer(response)
  const refused = (code: string, status: number) => (response: ServerResponse) => {
    sendError(response, status, code, 'this one not')
    return true
  }
  for (const [code, status, message] of [
    ['DENIED', 403, 'denied: this one not'],
    ['BLOB_UNKNOWN', 404, 'blob unknown: this one not'],
  ] as const) {
    target.manifests.clear()
    answer = refused(code, status)
    await assert.rejects(pushing(store, { domain, path }), { message })
    assert.deepEqual(
      [...target.manifests.keys()],
      ['app:latest', ...tags.slice(0, 7)].map(each => each.replace(/^t/, 'app:t')),
    )
  }
  let failures = 0
  answer = response => failures++ === 0 && refused('UNAVAILABLE', 503)(response)
  target.requests.length = 0
  const events = await pushing(store, { domain, path })
  assert.equal(failures, 2)
  for (const tag of ['latest', ...tags]) {
    assert.deepEqual(target.manifests.get(`app:${tag}`), target.manifests.get('app:latest'))
    assert.ok(
      events.some(({ status }) => status?.startsWith(`${tag}: digest: `)),
      tag,
    )
  }
  const { layers } = manifestIn(target)
  assert.equal(target.requests.filter(({ method }) => method === 'HEAD').length, layers.length + 1)
  const told = events.filter(({ status }) => status === 'Layer already exists')
  assert.equal(told.length, layers.length * (tags.length + 1))
  assert.deepEqual(store.leases.list(), [])
})
