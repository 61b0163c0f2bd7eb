import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { collect } from '../std/index.ts'
import type { Route } from './connections.ts'
import { readHostCertificates } from './host-certificates.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { type Authority, makeAuthority } from './testdata/certificates.ts'
import { startProxy } from './testdata/proxy.ts'
import { closedPort, TestRegistry } from './testdata/registry.ts'

const { signal } = new AbortController()

let folder: string
let authority: Authority
let other: Authority
let server: { readonly cert: string; readonly key: string }

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-tls-'))
  authority = await makeAuthority(folder)
  other = await makeAuthority(folder, 'other')
  server = await authority.issue('server', ['IP:127.0.0.1', 'DNS:r.example'])
})
after(() => rm(folder, { recursive: true, force: true }))

async function setUp(t: TestContext, options: { tls?: object; routeTo: () => Promise<Route> | Route }) {
  const registry = await new TestRegistry().start(options.tls)
  const client = createHttpClient({ userAgent: 'test', idleTimeout: 5_000, routeTo: async () => options.routeTo() })
  t.after(async () => {
    await client[Symbol.asyncDispose]()
    await registry.stop()
  })
  return { registry, client }
}

async function ask(client: HttpClient, url: string) {
  const response = await client.send({ method: 'GET', url: new URL('/v2/', url), headers: {}, signal, redirects: 5 })
  return { status: response.status, body: (await collect(response.body, 1000)).toString() }
}

test('an authority of the folder is trusted, others are not', async t => {
  let route: Route = { verify: true }
  const { registry, client } = await setUp(t, { tls: server, routeTo: () => route })
  const unknown = {
    code: 'unavailable',
    message: `Get "${registry.url}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  }
  await assert.rejects(ask(client, registry.url), unknown)
  route = { verify: true, certificates: { authorities: [other.certificate], clients: [] } }
  await assert.rejects(ask(client, registry.url), unknown)
  route = { verify: true, certificates: { authorities: [other.certificate, authority.certificate], clients: [] } }
  assert.equal((await ask(client, registry.url)).status, 200)
  route = { verify: false }
  assert.equal((await ask(client, registry.url)).status, 200)
})

test('client certificates that are none are told in the words of Docker', async t => {
  const mine = await authority.issue('client', ['DNS:me'])
  const stranger = await other.issue('client', ['DNS:me'])
  let identity = mine
  const { registry, client } = await setUp(t, {
    tls: server,
    routeTo: () => ({ verify: true, certificates: { authorities: ['no PEM'], clients: [identity] } }),
  })
  const broken = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
  for (const [wrong, problem] of [
    [{ ...mine, cert: 'x' }, 'failed to find any PEM data in certificate input'],
    [{ ...mine, key: 'x' }, 'failed to find any PEM data in key input'],
    [{ ...mine, key: broken }, 'failed to parse private key'],
    [{ ...mine, key: stranger.key }, 'private key does not match public key'],
  ] as const) {
    identity = wrong
    await assert.rejects(ask(client, registry.url), { code: 'invalid_argument', message: `tls: ${problem}` })
  }
})

test('a certificate for another host is refused', async t => {
  const wrong = await authority.issue('wrong', ['DNS:elsewhere.example', 'DNS:b.example'])
  const certificates = { authorities: [authority.certificate], clients: [] }
  const { registry, client } = await setUp(t, { tls: wrong, routeTo: () => ({ verify: true, certificates }) })
  const refused = (problem: string) => ({
    code: 'unavailable',
    message: `Get "${registry.url}/v2/": tls: failed to verify certificate: x509: ${problem}`,
  })
  const noAddress = `cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs`
  await assert.rejects(ask(client, registry.url), refused(noAddress))
  const named = registry.url.replace('127.0.0.1', 'localhost')
  const { message } = refused('certificate is valid for elsewhere.example, b.example, not localhost')
  await assert.rejects(ask(client, named), { message: message.replace('127.0.0.1', 'localhost') })
})

test('a registry that wants a client certificate gets the one of the folder', async t => {
  const mine = await authority.issue('client', ['DNS:me'])
  let clients: { cert: string; key: string }[] = []
  const { registry, client } = await setUp(t, {
    tls: { ...server, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    routeTo: () => ({ verify: true, certificates: { authorities: [authority.certificate], clients } }),
  })
  await assert.rejects(ask(client, registry.url), { code: 'unavailable' })
  clients = [await other.issue('client', ['DNS:me'])]
  await assert.rejects(ask(client, registry.url), { code: 'unavailable' })
  clients = [mine]
  assert.equal((await ask(client, registry.url)).status, 200)
  clients = [mine, await authority.issue('another', ['DNS:me'])]
  assert.equal((await ask(client, registry.url)).status, 200)
})

for (const [version, words] of [
  ['TLSv1.2', 'handshake failure'],
  ['TLSv1.3', 'certificate required'],
] as const) {
  test(`what a server says that misses a client certificate is told each time, with ${version}`, async t => {
    const { registry, client } = await setUp(t, {
      tls: { ...server, ca: authority.certificate, requestCert: true, minVersion: version, maxVersion: version },
      routeTo: () => ({ verify: true, certificates: { authorities: [authority.certificate], clients: [] } }),
    })
    for (let attempt = 0; attempt < 5; attempt++) {
      await assert.rejects(ask(client, registry.url), {
        code: 'unavailable',
        message: `Get "${registry.url}/v2/": remote error: tls: ${words}`,
      })
    }
  })
}

test('a host asked in plain says so', async t => {
  const { registry, client } = await setUp(t, { routeTo: () => ({ verify: true }) })
  await assert.rejects(ask(client, `https://${registry.host}`), {
    message: `Get "https://${registry.host}/v2/": http: server gave HTTP response to HTTPS client`,
  })
})

test('the folder of a host is read in the layout of Docker', async () => {
  const [own, dockers] = [join(folder, 'own'), join(folder, 'dockers')]
  const host = 'r.example:5000'
  for (const each of [own, dockers]) await mkdir(join(each, host), { recursive: true })
  const write = (root: string, name: string) => writeFile(join(root, host, name), name)
  await write(dockers, 'ca.crt')
  await write(own, 'a.crt')
  await write(own, 'b.crt')
  await write(own, 'me.cert')
  await write(own, 'me.key')
  await write(own, 'README')
  assert.deepEqual(await readHostCertificates([own, dockers], host), {
    authorities: ['a.crt', 'b.crt'],
    clients: [{ cert: 'me.cert', key: 'me.key' }],
  })
  assert.deepEqual(await readHostCertificates([join(folder, 'none'), dockers], host), {
    authorities: ['ca.crt'],
    clients: [],
  })
  assert.equal(await readHostCertificates([own, dockers], 'other.example'), undefined)
  await mkdir(join(dockers, 'tls.example:443'))
  assert.deepEqual(await readHostCertificates([own, dockers], 'tls.example'), { authorities: [], clients: [] })
  assert.equal(await readHostCertificates([own, dockers], 'tls.example:80'), undefined)
  await writeFile(join(own, 'file.example'), '')
  await assert.rejects(readHostCertificates([own, dockers], 'file.example'), {
    code: 'invalid_argument',
    message: `open ${join(own, 'file.example')}: not a directory`,
  })
  await write(own, 'lone.cert')
  await assert.rejects(readHostCertificates([own], host), {
    code: 'invalid_argument',
    message: 'missing key lone.key for client certificate lone.cert. CA certificates must use the extension .crt',
  })
  await write(dockers, 'lone.key')
  await assert.rejects(readHostCertificates([dockers], host), {
    message: 'missing client certificate lone.cert for key lone.key',
  })
})

test('a tunnel of a proxy leads to the registry, with its certificates', async t => {
  const certificates = { authorities: [authority.certificate], clients: [] }
  let proxy: URL | undefined
  const { registry, client } = await setUp(t, {
    tls: server,
    routeTo: () => ({ verify: true, certificates, ...(proxy && { proxy }) }),
  })
  await using tunnel = await startProxy({ routes: { 'r.example:443': registry.host }, user: 'me:se%ret' })
  proxy = new URL(`http://me:se%25ret@${tunnel.host}`)
  assert.equal((await ask(client, 'https://r.example')).status, 200)
  assert.deepEqual(tunnel.seen, [
    { what: 'CONNECT r.example:443', authorization: `Basic ${Buffer.from('me:se%ret').toString('base64')}` },
  ])
  proxy = new URL(`http://${tunnel.host}`)
  await assert.rejects(ask(client, 'https://r.example'), {
    code: 'unavailable',
    message: 'Get "https://r.example/v2/": Proxy Authentication Required',
  })
  proxy = new URL(`http://me:se%25ret@${tunnel.host}`)
  await assert.rejects(ask(client, 'https://elsewhere.example'), {
    message: 'Get "https://elsewhere.example/v2/": Forbidden',
  })
})

test('requests without TLS go to the proxy with their whole URL', async t => {
  let proxy: URL | undefined
  const { registry, client } = await setUp(t, { routeTo: () => ({ verify: true, ...(proxy && { proxy }) }) })
  await using relay = await startProxy({ routes: { 'r.example:5000': registry.host }, user: 'me:pw' })
  proxy = new URL(`http://me:pw@${relay.host}`)
  assert.deepEqual(await ask(client, 'http://r.example:5000'), { status: 200, body: '{}' })
  assert.equal(relay.seen[0]?.what, 'GET http://r.example:5000/v2/')
  assert.equal(registry.requests.length, 1)
  proxy = new URL(`http://${relay.host}`)
  await assert.rejects(ask(client, 'http://r.example:5000'), {
    message: 'Get "http://r.example:5000/v2/": Proxy Authentication Required',
  })
})

test('a proxy that is not there', async t => {
  const host = `127.0.0.1:${await closedPort()}`
  const { client } = await setUp(t, { routeTo: () => ({ verify: true, proxy: new URL(`http://${host}`) }) })
  for (const url of ['http://r.example:5000', 'https://r.example:5000']) {
    await assert.rejects(ask(client, url), {
      code: 'unavailable',
      message: `Get "${url}/v2/": proxyconnect tcp: dial tcp ${host}: connect: connection refused`,
    })
  }
})
