import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Descriptor } from '../../oci/index.ts'
import { sendError, type TestRegistry } from '../../remotes/testdata/registry.ts'
import { image, newPuller, newRegistry, noise, pulling, tarOf } from '../testdata/fixtures.ts'

const credentials = { username: 'me', password: 'secret' }

/** A registry that wants credentials, and mirrors of it that are read from first. */
async function setUp(t: TestContext, mirrors: number) {
  const origin = await newRegistry(t)
  origin.intercept = (request, response) => {
    if (request.headers.authorization?.startsWith('Basic ')) return false
    response.setHeader('www-authenticate', 'Basic realm="origin"')
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  }
  const pushed = fill(origin)
  const copies: TestRegistry[] = []
  for (let i = 0; i < mirrors; i++) copies.push(await newRegistry(t))
  const registries = { [origin.host]: { mirrors: copies.map(({ url }) => url) } }
  const store = await newPuller(t, { registries: { registries } })
  return { origin, mirrors: copies, pushed, store, pull: () => pulling(store, origin, 'me/app', { credentials }) }
}

function fill(registry: TestRegistry) {
  return image(registry, 'me/app', [tarOf('etc/one', noise(200_000, 1)), tarOf('etc/two', noise(70_000, 2))])
}

const asked = (registry: TestRegistry, part: string) => registry.requestsOf(part).length
const without = (registry: TestRegistry, { digest }: Descriptor) => registry.blobs.delete(digest)

test('mirrors are read from in order, each for what it has, and never get credentials', async t => {
  const { origin, mirrors, pushed, store, pull } = await setUp(t, 2)
  const [empty, good] = mirrors as [TestRegistry, TestRegistry]
  fill(good)
  without(good, pushed.layers[1]!)
  const { result } = await pull()
  assert.deepEqual(result, { image: pushed.config.digest, digest: pushed.manifest.digest, upToDate: false })
  assert.equal(asked(empty, '/manifests/'), 1)
  assert.equal(asked(good, '/manifests/'), 1)
  assert.equal(asked(origin, '/manifests/'), 0)
  assert.equal(origin.sent.has(pushed.layers[0]!.digest), false)
  assert.equal(origin.sent.get(pushed.layers[1]!.digest), pushed.layers[1]!.size)
  for (const { authorization } of mirrors.flatMap(({ requests }) => requests)) assert.equal(authorization, undefined)
  const { tags } = store.images.summary(pushed.config.digest)
  assert.deepEqual(tags, [`${origin.host}/me/app:latest`])
})

test('a mirror that wants credentials is passed over, without any', async t => {
  const { origin, mirrors, pull } = await setUp(t, 1)
  const [closed] = mirrors as [TestRegistry]
  closed.intercept = (_request, response) => {
    response.setHeader('www-authenticate', `Bearer realm="${origin.url}/token",service="x"`)
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  }
  await pull()
  for (const { authorization } of closed.requests) assert.equal(authorization, undefined)
  for (const { authorization } of origin.requestsOf('/token')) assert.equal(authorization, undefined)
})

test('a mirror that lies about a layer or the config is refused, and the next one serves them', async t => {
  for (const part of ['layer', 'config'] as const) {
    const { origin, mirrors, pushed, pull } = await setUp(t, 1)
    const [liar] = mirrors as [TestRegistry]
    fill(liar)
    const victim = part === 'layer' ? pushed.layers[0]! : pushed.config
    const forged = Buffer.from(liar.blobs.get(victim.digest)!)
    forged[forged.length - 1]! ^= 1
    liar.faults.set(victim.digest, { bytes: forged })
    const { result } = await pull()
    assert.equal(result.image, pushed.config.digest, part)
    assert.equal(origin.sent.get(victim.digest), victim.size, part)
    // It is asked for nothing any more.
    const before = liar.requests.length
    await pull()
    assert.equal(liar.requests.length, before, part)
  }
})

test('a mirror that lies about lengths or digests of manifests is passed over', async t => {
  const { origin, mirrors, pushed, pull } = await setUp(t, 2)
  const [short, forger] = mirrors as [TestRegistry, TestRegistry]
  fill(short)
  for (const { digest } of pushed.layers) short.faults.set(digest, { bytes: Buffer.from('short') })
  forger.intercept = (_request, response, path) => {
    if (!path.includes('/manifests/')) return false
    response.writeHead(200, {
      'content-type': pushed.manifest.mediaType,
      'docker-content-digest': pushed.manifest.digest,
    })
    response.end('{"schemaVersion":2}')
    return true
  }
  const { result } = await pull()
  assert.equal(result.digest, pushed.manifest.digest)
  assert.equal(origin.sent.get(pushed.layers[0]!.digest), pushed.layers[0]!.size)
  short.manifests.clear()
  assert.equal((await pull()).result.upToDate, true)
  assert.equal(asked(forger, '/manifests/'), 1)
})

test('a layer whose mirror breaks off is taken up where it broke', async t => {
  const { origin, mirrors, pushed, pull } = await setUp(t, 1)
  const [broken] = mirrors as [TestRegistry]
  fill(broken)
  const layer = pushed.layers[0]!
  broken.faults.set(layer.digest, { cutAfter: () => 50_000 })
  const { result } = await pull()
  assert.equal(result.image, pushed.config.digest)
  const [first] = origin.requestsOf(layer.digest)
  assert.match(first?.range ?? '', /^bytes=[1-9]\d*-$/)
})

test('a registry that is blocked is not asked, nor is its mirror', async t => {
  const [origin, mirror] = [await newRegistry(t), await newRegistry(t)]
  fill(origin)
  fill(mirror)
  const registries = { [origin.host]: { blocked: true, mirrors: [mirror.url] } }
  const store = await newPuller(t, { registries: { registries } })
  await assert.rejects(pulling(store, origin, 'me/app'), {
    code: 'forbidden',
    message: `registry ${origin.host} is blocked by the configuration`,
  })
  assert.deepEqual([origin.requests, mirror.requests], [[], []])
})
