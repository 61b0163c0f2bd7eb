import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Authority, makeAuthority } from '../src/remotes/testdata/certificates.ts'
import { startProxy } from '../src/remotes/testdata/proxy.ts'
import { sendError, TestRegistry } from '../src/remotes/testdata/registry.ts'
import { call } from './fixtures/call.ts'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { dockerArchive, writeArchive } from './fixtures/image-archive.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { freePort, reachable, type Service, startService, succeed } from './fixtures/processes.ts'
import { pushImage } from './fixtures/push.ts'
import { type Registry, startRegistry } from './fixtures/registry.ts'

/** An address of this machine that is no loopback one: certificates count there, and proxies are taken. */
const ADDRESS = '10.123.0.1'

if (await isolated(import.meta.filename)) {
  let root: string
  let registry: Registry
  let authority: Authority
  let service: Service
  /** The same images with TLS, by the data of `registry`; it wants client certificates of the authority. */
  let secure: string
  let engine: Engine
  let proxy: Awaited<ReturnType<typeof startProxy>>
  const blocked = 'blocked.example'

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'strata-registry-access-'))
    await succeed(['ip', 'address', 'add', `${ADDRESS}/32`, 'dev', 'lo'])
    registry = await startRegistry({ root: join(root, 'registry') })
    await pushImage(registry, 'app:1', await busyboxImage({ into: root }))
    await writeArchive(join(root, 'empty.tar'), dockerArchive({ layers: [], tags: ['empty:1'] }))
    authority = await makeAuthority(root)
    const { cert, key } = await authority.issue('server', [`IP:${ADDRESS}`, 'DNS:far.example'])
    await writeFile(join(root, 'server.pem'), cert)
    await writeFile(join(root, 'server.key'), key)
    const port = await freePort()
    secure = `${ADDRESS}:${port}`
    const tls = {
      certificate: join(root, 'server.pem'),
      key: join(root, 'server.key'),
      clientcas: [join(root, 'ca.crt')],
    }
    const config = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(root, 'registry', 'data') } },
      http: { addr: `0.0.0.0:${port}`, tls },
    }
    await writeFile(join(root, 'secure.yml'), JSON.stringify(config))
    service = await startService(['docker-registry', 'serve', join(root, 'secure.yml')], {
      logPath: join(root, 'secure.log'),
      ready: () => reachable(port),
    })
    proxy = await startProxy({ routes: { 'far.example:443': secure }, user: 'me:secret' })
    const file = {
      'certs-dir': join(root, 'certs.d'),
      registries: { [blocked]: { blocked: true }, 'mirrored.example': { mirrors: [registry.url] } },
      'registry-mirrors': [`${registry.url}/`],
      proxies: { 'https-proxy': `http://me:secret@${proxy.host}`, 'no-proxy': '10.0.0.0/8' },
    }
    await writeFile(join(root, 'daemon.json'), JSON.stringify(file))
    engine = await startEngine({ flags: ['--config-file', join(root, 'daemon.json')] })
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await service.stop()
    await registry.stop()
    await rm(root, { recursive: true, force: true })
  })

  const fails = async (args: readonly string[], text: string | RegExp) => {
    const { status, stderr } = await engine.docker(args)
    assert.equal(status, 1, stderr)
    if (typeof text === 'string') assert.equal(stderr.trimEnd(), `Error response from daemon: ${text}`)
    else assert.match(stderr, text)
  }
  const works = async (...args: string[]) => {
    const { status, stdout, stderr } = await engine.docker(args)
    assert.equal(status, 0, stderr)
    return stdout.trimEnd()
  }
  /** Puts certificates where the engine looks for those of a host. */
  const trust = async (host: string, files: Readonly<Record<string, string>>) => {
    const folder = join(root, 'certs.d', host)
    await mkdir(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  }

  test('TLS: an unknown authority, a missing client certificate, and both right', async () => {
    const unknown = `Get "https://${secure}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`
    await fails(['pull', `${secure}/app:1`], unknown)
    await trust(secure, { 'ca.crt': authority.certificate })
    // Go's servers have said the one and the other.
    const refused = /: remote error: tls: (?:certificate required|bad certificate)\b/
    await works('load', '--input', join(root, 'empty.tar'))
    await works('tag', 'empty:1', `${secure}/empty:1`)
    for (const args of [
      ['pull', `${secure}/app:1`],
      ['push', `${secure}/empty:1`],
      ['search', `${secure}/app`],
      ['login', '--username', 'me', '--password', 'secret', secure],
    ]) {
      const { status, stderr } = await engine.docker(args)
      assert.deepEqual([status, refused.test(stderr)], [1, true], stderr)
    }
    await works('rmi', 'empty:1', `${secure}/empty:1`)
    await trust(secure, { 'me.cert': (await authority.issue('me', ['DNS:me'])).cert })
    await fails(['pull', `${secure}/app:1`], /missing key me\.key for client certificate me\.cert/)
    const { cert, key } = await authority.issue('me', ['DNS:me'])
    await trust(secure, { 'me.cert': cert, 'me.key': key })
    await works('pull', '-q', `${secure}/app:1`)
    await works('tag', `${secure}/app:1`, `${secure}/copy:1`)
    await works('push', '-q', `${secure}/copy:1`)
    await works('rmi', `${secure}/app:1`, `${secure}/copy:1`)
  })

  test('a proxy leads to a registry that is not reached otherwise; its password is not shown', async () => {
    const { cert, key } = await authority.issue('me', ['DNS:me'])
    await trust('far.example', { 'ca.crt': authority.certificate, 'me.cert': cert, 'me.key': key })
    await works('pull', '-q', 'far.example/app:1')
    assert.ok(proxy.seen.some(({ what }) => what === 'CONNECT far.example:443'))
    assert.ok(!proxy.seen.some(({ what }) => what.includes(ADDRESS)))
    await works('rmi', 'far.example/app:1')
    await fails(['pull', 'nowhere.example/app:1'], 'Get "https://nowhere.example/v2/": Forbidden')
    assert.equal(await works('info', '--format', '{{.HTTPSProxy}}'), `http://xxxxx:xxxxx@${proxy.host}`)
  })

  test('mirrors of docker.io and of another registry are read from; a blocked registry is not asked', async () => {
    await pushImage(registry, 'library/hub:1', await busyboxImage({ into: root }))
    await works('pull', '-q', 'hub:1')
    await works('pull', '-q', 'mirrored.example/app:1')
    const shown = await works('info', '--format', '{{json .RegistryConfig.Mirrors}}')
    assert.equal(shown, JSON.stringify([`${registry.url}/`]))
    const text = `registry ${blocked} is blocked by the configuration`
    await fails(['pull', `${blocked}/app:1`], text)
    await fails(['search', `${blocked}/app`], text)
    await works('tag', 'hub:1', `${blocked}/app:1`)
    const pushed = await engine.docker(['push', `${blocked}/app:1`])
    assert.equal(pushed.status, 1)
    assert.match(pushed.stderr, new RegExp(text))
  })

  test('what a registry has under a name, for all kinds of names', async () => {
    const { status, body } = await call(engine, 'GET', `/distribution/${registry.host}/app:1/json`)
    const { Descriptor, Platforms } = JSON.parse(body.toString())
    assert.equal(status, 200)
    assert.match(Descriptor.digest, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(Platforms, [{ architecture: 'amd64', os: 'linux' }])
    const again = await call(engine, 'GET', `/distribution/${registry.host}/app@${Descriptor.digest}/json`)
    assert.equal(again.body.toString(), body.toString())
    const none = await call(engine, 'GET', `/distribution/${registry.host}/app:none/json`)
    assert.equal(none.status, 404)
    assert.deepEqual(none.json(), { message: 'manifest unknown: manifest unknown' })
    assert.equal((await call(engine, 'GET', `/distribution/${'0'.repeat(64)}/json`)).status, 500)
    assert.equal((await call(engine, 'GET', `/distribution/${registry.host}/App/json`)).status, 400)
  })

  test('POST /auth answers as dockerd, and no log tells the password', async () => {
    await using stack = new AsyncDisposableStack()
    const closed = await new TestRegistry().start()
    stack.defer(() => closed.stop())
    closed.intercept = (_request, response) => {
      response.setHeader('www-authenticate', 'Basic realm="x"')
      sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
      return true
    }
    const open = await call(engine, 'POST', '/auth', {
      body: { serveraddress: registry.host, username: 'me', password: 'hidden-word' },
    })
    assert.equal(open.status, 200)
    assert.deepEqual(open.json(), { IdentityToken: '', Status: 'Login Succeeded' })
    const untyped = await call(engine, 'POST', '/auth', {
      body: { serveraddress: registry.host, username: 'me', password: 'hidden-word' },
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(untyped.status, 200)
    const refused = await call(engine, 'POST', '/auth', {
      body: { serveraddress: `http://${closed.host}/v1/`, username: 'me', password: 'hidden-word' },
    })
    assert.equal(refused.status, 500)
    const message = `login attempt to ${closed.url}/v2/ failed with status: 401 Unauthorized`
    assert.deepEqual(refused.json(), { message })
    assert.equal(await succeed(['sh', '-c', 'grep -c hidden-word "$1" || true', 'sh', join(engine.root, 'log')]), '0\n')
  })
}
