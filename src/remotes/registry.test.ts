import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Descriptor, Digest } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import { collect, isStrataError } from '../std/index.ts'
import type { Credentials } from './remotes.ts'
import { createResolver } from './resolver.ts'
import { closedPort, digestOf, MANIFEST, sendError, sendJson, TestRegistry } from './testdata/registry.ts'

const { signal } = new AbortController()

async function setUp(t: TestContext) {
  const registry = await new TestRegistry().start()
  const resolver = createResolver({ userAgent: 'strata/test', retryPause: 1, idleTimeout: 5_000 })
  t.after(async () => {
    await resolver[Symbol.asyncDispose]()
    await registry.stop()
  })
  const reference = (path: string, tag = 'latest'): Reference => ({ domain: registry.host, path, tag })
  return { registry, resolver, reference }
}

const content = { schemaVersion: 2, mediaType: MANIFEST, config: {}, layers: [] }

test('a tag resolves to the descriptor and the exact bytes', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const pushed = registry.manifest('me/app', 'latest', MANIFEST, content)
  const { descriptor, bytes } = await resolver.resolve(reference('me/app'), { signal })
  assert.deepEqual(descriptor, pushed)
  assert.equal(digestOf(bytes), pushed.digest)
  const seen = registry.requestsOf('/manifests/')[0]!
  assert.equal(seen.userAgent, 'strata/test')
  for (const type of ['oci.image.manifest.v1', 'oci.image.index.v1', 'manifest.v2', 'manifest.list.v2']) {
    assert.ok(seen.accept?.includes(type), type)
  }
  const again = await resolver.fetcher(reference('me/app'), { signal }).manifest(pushed)
  assert.deepEqual(Buffer.from(again), Buffer.from(bytes))
})

test('failures carry the words of Docker', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('real', 'latest', MANIFEST, content)
  registry.manifests.set(`forged@${digestOf('a')}`, {
    mediaType: MANIFEST,
    bytes: Buffer.from(JSON.stringify(content)),
  })
  registry.manifest('old', 'latest', 'application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1 })
  registry.manifest('html', 'latest', 'text/html', Buffer.from('<html>'))
  registry.manifest('other', 'latest', 'application/vnd.foo+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.foo+json',
  })
  registry.manifest('big', 'latest', MANIFEST, Buffer.alloc(4 * 1024 * 1024 + 1, 0x20))
  registry.intercept = (_request, response, path) => {
    if (path.includes('/denied/')) sendError(response, 403, 'DENIED', 'no')
    else if (path.includes('/bare/')) sendError(response, 403, 'DENIED', 'requested access to the resource is denied')
    else if (path.includes('/noname/'))
      sendError(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry')
    else if (path.includes('/plain/')) response.writeHead(404).end('not here')
    else if (path.includes('/limit/'))
      sendError(response, 429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.')
    else if (path.includes('/circle/')) response.writeHead(307, { location: path }).end()
    else if (path.includes('/chunked/')) {
      response.writeHead(200, { 'content-type': MANIFEST })
      response.end(Buffer.alloc(5 * 1024 * 1024, 0x20))
    } else return false
    return true
  }
  const { host } = registry
  const zeros = digestOf('a')
  const cases: [Reference, string, string | RegExp][] = [
    [
      reference('real', 'nope'),
      'not_found',
      `manifest for ${host}/real:nope not found: manifest unknown: manifest unknown`,
    ],
    [reference('nope'), 'not_found', `manifest for ${host}/nope:latest not found: manifest unknown: manifest unknown`],
    [
      { domain: host, path: 'real', digest: zeros },
      'not_found',
      `manifest for ${host}/real@${zeros} not found: manifest unknown: manifest unknown`,
    ],
    [
      { domain: host, path: 'forged', digest: zeros },
      'failed_precondition',
      `manifest verification failed for digest ${zeros}`,
    ],
    [
      reference('denied'),
      'not_found',
      `pull access denied for ${host}/denied, repository does not exist or may require 'docker login': denied: no`,
    ],
    [reference('bare'), 'forbidden', 'denied'],
    [reference('noname'), 'not_found', 'name unknown'],
    [reference('plain'), 'not_found', 'unknown: not here'],
    [reference('limit'), 'unavailable', 'toomanyrequests: You have reached your pull rate limit.'],
    [reference('circle'), 'unavailable', 'Get "/v2/circle/manifests/latest": stopped after 5 redirects'],
    [reference('old'), 'invalid_argument', /schema 1 support has been removed/],
    [reference('html'), 'invalid_argument', /./],
    [reference('other'), 'invalid_argument', 'unsupported manifest media type: application/vnd.foo+json'],
    [reference('big'), 'invalid_argument', `manifest of ${host}/big:latest is larger than 4 MiB`],
    [reference('chunked'), 'invalid_argument', `manifest of ${host}/chunked:latest is larger than 4 MiB`],
  ]
  for (const [wanted, code, text] of cases) {
    await assert.rejects(resolver.resolve(wanted, { signal }), (error: unknown) => {
      assert.ok(isStrataError(error), String(error))
      assert.equal(error.code, code)
      if (typeof text === 'string') assert.equal(error.message, text)
      else assert.match(error.message, text)
      return true
    })
  }
})

test('a registry that does not listen, and a name that does not exist', async t => {
  const { resolver } = await setUp(t)
  const port = await closedPort()
  await assert.rejects(resolver.resolve({ domain: `127.0.0.1:${port}`, path: 'x/y', tag: 'z' }, { signal }), {
    code: 'unavailable',
    message: `Get "http://127.0.0.1:${port}/v2/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  })
  await assert.rejects(resolver.resolve({ domain: 'strata.invalid', path: 'x', tag: 'z' }, { signal }), {
    code: 'unavailable',
    message:
      /^Get "https:\/\/strata\.invalid\/v2\/": dial tcp: lookup strata\.invalid: (no such host|server misbehaving)$/,
  })
})

test('429 with Retry-After and 5xx are tried again, 500 for ever is not', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('app', 'latest', MANIFEST, content)
  const answers = [429, 503, 200]
  registry.intercept = (_request, response, path) => {
    if (path.includes('/manifests/')) {
      const status = path.includes('/broken/') ? 500 : answers.shift()!
      if (status === 200) return false
      response.writeHead(status, status === 429 ? { 'retry-after': '0' } : {}).end()
      return true
    }
    return false
  }
  const { descriptor } = await resolver.resolve(reference('app'), { signal })
  assert.equal(descriptor.mediaType, MANIFEST)
  assert.equal(registry.requestsOf('/app/manifests/').length, 3)
  await assert.rejects(resolver.resolve(reference('broken'), { signal }), {
    code: 'unavailable',
    message: 'received unexpected HTTP status: 500 Internal Server Error',
  })
  assert.equal(registry.requestsOf('/broken/manifests/').length, 4)
})

/** A token server that answers `tokens` in order; `refuse` makes the registry refuse all of them. */
function guard(registry: TestRegistry, options: { realm: string; valid: (token: string) => boolean; scheme?: string }) {
  registry.intercept = (request, response, path) => {
    if (!path.startsWith('/v2/')) return false
    const given = request.headers.authorization ?? ''
    if (given.startsWith('Bearer ') && options.valid(given.slice(7))) return false
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1]
    const scope = repository ? `,scope="repository:${repository}:pull"` : ''
    response.setHeader('www-authenticate', `Bearer realm="${options.realm}",service="registry.test"${scope}`)
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  }
}

async function tokenServer(
  t: TestContext,
  answer: (request: {
    query: URLSearchParams
    authorization: string | undefined
    body: string
    method: string
  }) => [number, object],
) {
  const server = await new TestRegistry().start()
  t.after(() => server.stop())
  const asked: { query: URLSearchParams; authorization: string | undefined; body: string; method: string }[] = []
  server.intercept = async (request, response) => {
    const seen = {
      query: new URL(request.url ?? '', server.url).searchParams,
      authorization: request.headers.authorization,
      body: (await collect(request, 10_000)).toString(),
      method: request.method ?? '',
    }
    asked.push(seen)
    const [status, body] = answer(seen)
    sendJson(response, status, body)
    return true
  }
  return { asked, realm: `${server.url}/token` }
}

test('a Bearer challenge is answered, and the token serves until the registry refuses it', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('app', 'latest', MANIFEST, content)
  let issued = 0
  const { asked, realm } = await tokenServer(t, () => [200, { token: `t${++issued}`, expires_in: 300 }])
  let valid = 't1'
  guard(registry, { realm, valid: token => token === valid })
  await resolver.resolve(reference('app'), { signal })
  await resolver.resolve(reference('app'), { signal })
  assert.equal(asked.length, 1)
  assert.equal(asked[0]!.query.get('service'), 'registry.test')
  assert.deepEqual(asked[0]!.query.getAll('scope'), ['repository:app:pull'])
  assert.equal(asked[0]!.authorization, undefined)
  valid = 't2'
  await resolver.resolve(reference('app'), { signal })
  assert.equal(asked.length, 2)
})

test('credentials go to the realm, by Basic or as an identity token; another user gets another token', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('app', 'latest', MANIFEST, content)
  const { asked, realm } = await tokenServer(t, ({ method, authorization }) => [
    200,
    method === 'POST' ? { access_token: 'from-post' } : { token: authorization ? 'from-basic' : 'anonymous' },
  ])
  const seen: string[] = []
  guard(registry, { realm, valid: token => seen.push(token) > 0 })
  const credentials: Credentials[] = [
    { username: 'ann', password: 'pä:ss' },
    { identityToken: 'refresh me' },
    { registryToken: 'mine' },
    {},
  ]
  for (const each of credentials) await resolver.resolve(reference('app'), { signal, credentials: each })
  assert.deepEqual(seen, ['from-basic', 'from-post', 'mine', 'anonymous'])
  assert.equal(asked[0]!.authorization, `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`)
  assert.equal(asked[0]!.query.get('account'), 'ann')
  const form = new URLSearchParams(asked[1]!.body)
  assert.equal(form.get('grant_type'), 'refresh_token')
  assert.equal(form.get('refresh_token'), 'refresh me')
  assert.equal(form.get('scope'), 'repository:app:pull')
})

test('a registry that refuses every token is asked twice, not for ever', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const { asked, realm } = await tokenServer(t, () => [200, { token: 'useless' }])
  guard(registry, { realm, valid: () => false })
  await assert.rejects(resolver.resolve(reference('app'), { signal }), {
    code: 'unauthorized',
    message: 'unauthorized',
  })
  assert.equal(registry.requestsOf('/manifests/').length, 2)
  assert.equal(asked.length, 2)
})

test('a realm that refuses says why, and a challenge without a realm is an error', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const { realm } = await tokenServer(t, () => [401, { details: 'incorrect username or password' }])
  guard(registry, { realm, valid: () => false })
  const credentials = { username: 'ann', password: 'wrong' }
  await assert.rejects(resolver.resolve(reference('app'), { signal, credentials }), {
    code: 'unauthorized',
    message: `Head "${registry.url}/v2/app/manifests/latest": unauthorized: incorrect username or password`,
  })
  guard(registry, { realm: 'gopher://x', valid: () => false })
  await assert.rejects(resolver.resolve(reference('app'), { signal }), { code: 'unauthorized' })
  registry.intercept = (_request, response) => {
    response.writeHead(401, { 'www-authenticate': 'Bearer service="r"' }).end()
    return true
  }
  await assert.rejects(resolver.resolve(reference('app'), { signal }), {
    code: 'unauthorized',
    message: `Head "${registry.url}/v2/app/manifests/latest": no realm specified for token auth challenge`,
  })
})

test('Basic challenges', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('app', 'latest', MANIFEST, content)
  registry.intercept = (request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from('ann:good').toString('base64')}`) return false
    response.setHeader('www-authenticate', 'Basic realm="registry"')
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  }
  await resolver.resolve(reference('app'), { signal, credentials: { username: 'ann', password: 'good' } })
  await assert.rejects(
    resolver.resolve(reference('app'), { signal, credentials: { username: 'ann', password: 'bad' } }),
    {
      code: 'unauthorized',
      message: 'unauthorized',
    },
  )
  await assert.rejects(resolver.resolve(reference('app'), { signal }), {
    code: 'unauthorized',
    message: `Head "${registry.url}/v2/app/manifests/latest": no basic auth credentials`,
  })
})

const blobOf = (registry: TestRegistry, bytes: Buffer): Descriptor => ({ mediaType: 'x', ...registry.blob(bytes) })
const pattern = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff))

test('a blob from an offset, with and without ranges', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const bytes = pattern(1_000_000)
  const descriptor = blobOf(registry, bytes)
  const fetcher = resolver.fetcher(reference('app'), { signal })
  for (const ignoreRange of [false, true]) {
    registry.faults.set(descriptor.digest, { ignoreRange })
    for (const offset of [0, 1, 262_144, 999_999]) {
      const got = await collect(await fetcher.blob(descriptor, offset), 2_000_000)
      assert.ok(got.equals(bytes.subarray(offset)), `${ignoreRange} ${offset}`)
    }
  }
  assert.deepEqual(
    registry.requests.slice(-4).map(({ range }) => range),
    [undefined, 'bytes=1-', 'bytes=262144-', 'bytes=999999-'],
  )
})

test('a cut connection hands on what came and then fails as unavailable', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const bytes = pattern(400_000)
  const descriptor = blobOf(registry, bytes)
  registry.faults.set(descriptor.digest, { cutAfter: () => 300_000 })
  const got: Uint8Array[] = []
  await assert.rejects(
    async () => {
      for await (const chunk of await resolver.fetcher(reference('app'), { signal }).blob(descriptor, 0))
        got.push(chunk)
    },
    { code: 'unavailable' },
  )
  const all = Buffer.concat(got)
  assert.ok(all.byteLength > 0 && all.equals(bytes.subarray(0, all.byteLength)))
})

test('a blob of another length is refused before its bytes are taken', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const descriptor = blobOf(registry, pattern(1000))
  for (const size of [999, 1001]) {
    await assert.rejects(resolver.fetcher(reference('app'), { signal }).blob({ ...descriptor, size }, 0), {
      code: 'failed_precondition',
    })
  }
  registry.intercept = (_request, response) => {
    response.write(pattern(1000))
    response.end()
    return true
  }
  for (const [size, code] of [
    [999, 'failed_precondition'],
    [1001, 'unavailable'],
  ] as const) {
    const bytes = await resolver.fetcher(reference('app'), { signal }).blob({ ...descriptor, size }, 0)
    await assert.rejects(collect(bytes, 5000), { code })
  }
})

test('a redirect to another host takes no credentials along, and no challenge from there is answered', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const storage = await new TestRegistry().start()
  t.after(() => storage.stop())
  const bytes = pattern(100_000)
  const descriptor = blobOf(storage, bytes)
  registry.intercept = (request, response, path) => {
    if (request.headers.authorization !== `Basic ${Buffer.from('ann:good').toString('base64')}`) {
      response.setHeader('www-authenticate', 'Basic realm="registry"')
      sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
      return true
    }
    if (!path.includes('/blobs/')) return false
    response.writeHead(307, { location: `${storage.url}${path}?signature=s3cret` }).end()
    return true
  }
  const credentials = { username: 'ann', password: 'good' }
  const fetcher = resolver.fetcher(reference('app'), { signal, credentials })
  storage.intercept = (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes)
    return true
  }
  assert.ok((await collect(await fetcher.blob(descriptor, 0), 200_000)).equals(bytes))
  assert.ok(storage.requests.length > 0)
  assert.ok(storage.requests.every(({ authorization }) => authorization === undefined))
  storage.intercept = (_request, response) => {
    response.setHeader('www-authenticate', `Bearer realm="${storage.url}/steal"`)
    sendError(response, 401, 'UNAUTHORIZED', 'signature of s3cret is wrong')
    return true
  }
  await assert.rejects(fetcher.blob(descriptor, 0), { code: 'unavailable' })
  assert.equal(storage.requestsOf('/steal').length, 0)
})

test('a silent body ends after the idle time, an abort ends it at once', async t => {
  const { registry, reference } = await setUp(t)
  const resolver = createResolver({ userAgent: 'strata/test', idleTimeout: 1_000 })
  t.after(() => resolver[Symbol.asyncDispose]())
  const bytes = pattern(100_000)
  const descriptor = blobOf(registry, bytes)
  const gate = Promise.withResolvers<void>()
  t.after(() => gate.resolve())
  registry.faults.set(descriptor.digest, { gate: { after: 50_000, open: gate.promise } })
  const silent = await resolver.fetcher(reference('app'), { signal }).blob(descriptor, 0)
  await assert.rejects(collect(silent, 200_000), { code: 'unavailable', message: /no data came for too long/ })
  const controller = new AbortController()
  const patient = createResolver({ userAgent: 'strata/test' })
  t.after(() => patient[Symbol.asyncDispose]())
  const body = await patient.fetcher(reference('app'), { signal: controller.signal }).blob(descriptor, 0)
  const rest = collect(body, 200_000)
  controller.abort()
  await assert.rejects(rest, { code: 'canceled' })
})

test('other bytes than were asked for are passed over, or asked for from the beginning', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const bytes = pattern(1000)
  const descriptor = blobOf(registry, bytes)
  const fetcher = resolver.fetcher(reference('app'), { signal })
  const part = (start: number) => ({ 'content-range': `bytes ${start}-999/1000`, 'content-length': 1000 - start })
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'from before': response => response.writeHead(206, part(5)).end(bytes.subarray(5)),
    'from behind': response => response.writeHead(206, part(15)).end(bytes.subarray(15)),
    'from somewhere': response => response.writeHead(206).end(bytes),
    none: response => response.writeHead(416).end(),
    'no content': response => response.writeHead(204).end(),
  }
  for (const [what, answer] of Object.entries(answers)) {
    registry.intercept = (request, response, path) => {
      if (!path.includes('/blobs/') || request.headers.range === undefined) return false
      answer(response)
      return true
    }
    const got = await collect(await fetcher.blob(descriptor, 10), 2_000)
    assert.ok(got.equals(bytes.subarray(10)), what)
  }
  for (const what of ['from behind', 'no content']) {
    registry.intercept = (_request, response, path) => {
      if (!path.includes('/blobs/')) return false
      answers[what]!(response)
      return true
    }
    await assert.rejects(fetcher.blob(descriptor, 10), {
      code: 'unavailable',
      message: 'the registry answered a request for a blob with something else',
    })
  }
  const missing = { ...descriptor, digest: `sha256:${'0'.repeat(64)}` as Digest }
  registry.intercept = undefined
  await assert.rejects(fetcher.blob(missing, 0), { code: 'not_found', message: 'unknown blob' })
})

test('answers may be compressed, blobs are as they are', async t => {
  const { registry, resolver, reference } = await setUp(t)
  const pushed = registry.manifest('app', 'latest', MANIFEST, content)
  const blob = blobOf(registry, gzipSync('a layer'))
  const compressed = (response: ServerResponse, status: number, body: Buffer, type = 'application/json') => {
    const encoded = gzipSync(body)
    const headers = { 'content-type': type, 'content-encoding': 'gzip', 'content-length': encoded.byteLength }
    response.writeHead(status, headers).end(encoded)
  }
  const json = (value: unknown) => Buffer.from(JSON.stringify(value))
  registry.intercept = (request, response, path) => {
    if (path.startsWith('/token')) compressed(response, 200, json({ token: 'good' }))
    else if (request.headers.authorization !== 'Bearer good') {
      response.setHeader('www-authenticate', 'Bearer realm="/token"')
      compressed(response, 401, json({ errors: [{ code: 'UNAUTHORIZED' }] }))
    } else if (path.includes('/tags/')) compressed(response, 200, json({ name: 'app', tags: ['a', 'b'] }))
    else if (path.includes('/broken/')) {
      response.writeHead(200, { 'content-type': MANIFEST, 'content-encoding': 'gzip' }).end('no gzip')
    } else if (path.includes('/none/')) {
      compressed(response, 404, json({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'not here' }] }))
    } else if (path.includes('/manifests/')) compressed(response, 200, json(content), MANIFEST)
    else if (path.includes('/blobs/')) {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(registry.blobs.get(blob.digest))
    } else return false
    return true
  }
  assert.deepEqual((await resolver.resolve(reference('app'), { signal })).descriptor, pushed)
  assert.deepEqual(await resolver.tags(reference('app'), { signal }), ['a', 'b'])
  const bytes = await collect(await resolver.fetcher(reference('app'), { signal }).blob(blob, 0), 2_000)
  assert.equal(digestOf(bytes), blob.digest)
  await assert.rejects(resolver.resolve(reference('none'), { signal }), {
    message: `manifest for ${registry.host}/none:latest not found: manifest unknown: not here`,
  })
  await assert.rejects(resolver.resolve(reference('broken'), { signal }), {
    code: 'unavailable',
    message: 'gzip: invalid data',
  })
})

test('a registry without TLS that went away is told of as such, whatever was asked first', async t => {
  const { registry, resolver, reference } = await setUp(t)
  registry.manifest('app', 'latest', MANIFEST, content)
  await resolver.resolve(reference('app'), { signal })
  const wanted = reference('app')
  await registry.stop()
  await assert.rejects(resolver.resolve(wanted, { signal }), {
    message: `Get "http://${wanted.domain}/v2/": dial tcp ${wanted.domain}: connect: connection refused`,
  })
})
