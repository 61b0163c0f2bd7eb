import assert from 'node:assert/strict'
import { chmod, link, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../std/index.ts'
import { createApiServer } from './api.ts'
import { parseAddress } from './listen.ts'
import { fakeBackends } from './testdata/fake-backends.ts'
import { temporaryFolder } from './testdata/serve.ts'

function apiServer(t: TestContext) {
  const server = createApiServer({ backends: fakeBackends(), log: silentLogger, version: '0.1.0' })
  t.after(() => server.close(1))
  return server
}

function ping(where: { socketPath: string } | { host: string; port: number }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, path: '/_ping', agent: false }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject).end()
  })
}

async function listening(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve)
  })
}

test('addresses are those of dockerd', () => {
  assert.deepEqual(parseAddress('unix:///run/strata.sock'), { path: '/run/strata.sock' })
  assert.deepEqual(parseAddress('tcp://127.0.0.1:2375'), { host: '127.0.0.1', port: 2375 })
  assert.deepEqual(parseAddress('tcp://[::1]:2375'), { host: '::1', port: 2375 })
  for (const bad of ['', '/run/x', 'unix://x', 'tcp://x', 'tcp://x:70000', 'http://x:1', 'tcp://[::1:1', 'fd://']) {
    assert.throws(() => parseAddress(bad), { code: 'invalid_argument' })
  }
})

test('one server listens in several places; its socket is for root and its group, and goes with it', async t => {
  const folder = await temporaryFolder(t)
  const server = apiServer(t)
  const path = join(folder, 'new', 'api.sock')
  await server.listen({ path })
  const { mode, gid } = await stat(path)
  assert.equal(mode & 0o777, 0o660)
  const docker = /^docker:[^:]*:(\d+):/m.exec(await readFile('/etc/group', 'utf8'))
  assert.equal(gid, Number(docker?.[1] ?? 0))

  const port = await freePort()
  await server.listen({ host: '127.0.0.1', port })
  assert.equal(await ping({ socketPath: path }), 200)
  assert.equal(await ping({ host: '127.0.0.1', port }), 200)
  await server.close()
  await assert.rejects(stat(path), { code: 'ENOENT' })
  await assert.rejects(server.listen({ path }), { code: 'failed_precondition' })
})

test('a socket that nobody listens on is replaced, one in use is not, nor a file', async t => {
  const folder = await temporaryFolder(t)
  const stale = join(folder, 'stale.sock')
  await leaveStaleSocket(stale)
  await apiServer(t).listen({ path: stale })
  assert.equal(await ping({ socketPath: stale }), 200)
  await assert.rejects(apiServer(t).listen({ path: stale }), {
    code: 'conflict',
    message: `another process listens on ${stale}`,
  })
  assert.equal(await ping({ socketPath: stale }), 200)

  const file = join(folder, 'file')
  await writeFile(file, 'precious')
  await assert.rejects(apiServer(t).listen({ path: file }), { code: 'conflict' })
  assert.equal(await readFile(file, 'utf8'), 'precious')
})

test('an address that can not be had is an error, not a crash', async t => {
  await assert.rejects(apiServer(t).listen({ host: '192.0.2.1', port: 1 }), { code: 'EADDRNOTAVAIL' })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => {
    probe.listen(0, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise(resolve => {
    probe.close(resolve)
  })
  assert.ok(address && typeof address === 'object')
  return address.port
}

/** What an engine leaves that was killed: Node removes its sockets when it closes, so one is made under another name. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  await listening(server, `${path}.tmp`)
  await link(`${path}.tmp`, path)
  await new Promise(resolve => {
    server.close(resolve)
  })
  await unlink(`${path}.tmp`).catch(() => {})
  await chmod(path, 0o600)
}
