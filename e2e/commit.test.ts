import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { call } from './fixtures/call.ts'
import { isolated } from './fixtures/isolation.ts'
import { eventually, startLab } from './fixtures/lab.ts'
import { execute, succeed } from './fixtures/processes.ts'

if (await isolated(import.meta.filename)) {
  const lab = await startLab()
  const { engine, image, ok, root } = lab
  const at = (name: string) => join(root, name)
  /** Mode, owner, size and name of what is in an archive, in its order. */
  const list = async (path: string) =>
    (await succeed(['tar', '--list', '--verbose', '--numeric-owner', '--utc', '--full-time', '--file', path])).split(
      '\n',
    )

  test('an export comes back by an import: the same files, through a pipe, compressed, and by a URL', async () => {
    const script = 'echo n >/srv/n; ln /srv/n /srv/l; mknod /srv/null c 1 3; chmod 4750 /srv/n; rm /srv/index.html'
    await ok('run', '--name', 'one', image, 'sh', '-c', script)
    await ok('export', '-o', at('one.tar'), 'one')
    const tar = await readFile(at('one.tar'))
    const digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`
    const server = createServer((_request, response) => response.end(gzipSync(tar))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fs.tar.gz`
    try {
      const { stdout } = await engine.docker(['import', '-', 'in:pipe'], { input: gzipSync(tar) })
      assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/)
      const told = await ok('import', '-c', 'CMD ["sh"]', url, 'in:url')
      assert.ok(told.startsWith(`Downloading from ${url}\n`), told)
      for (const name of ['in:pipe', 'in:url']) {
        assert.equal(await ok('inspect', '-f', '{{index .RootFS.Layers 0}}', name), digest)
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
    await ok('create', '--name', 'two', 'in:url')
    await ok('export', '-o', at('two.tar'), 'two')
    assert.deepEqual(await list(at('two.tar')), await list(at('one.tar')))
  })

  test('a committed image is its container, and has nothing of the engine in it', async () => {
    await ok('run', '--name', 'one', image, 'sh', '-c', 'rm -r /srv; mkdir /srv; echo x >/srv/x; ln -s x /srv/y')
    const id = await ok('commit', 'one', 'made')
    await ok('save', '-o', at('made.tar'), 'made')
    const layers = JSON.parse(await ok('inspect', '-f', '{{json .RootFS.Layers}}', id)) as string[]
    const blob = `blobs/sha256/${layers.at(-1)!.slice('sha256:'.length)}`
    await succeed(['tar', '--extract', '--file', at('made.tar'), '--directory', root, blob])
    assert.deepEqual((await succeed(['tar', '--list', '--file', at(blob)])).split('\n').slice(0, -1), [
      'srv/',
      'srv/.wh..wh..opq',
      'srv/x',
      'srv/y',
    ])
    const again = await ok('commit', 'one', 'again')
    assert.deepEqual(JSON.parse(await ok('inspect', '-f', '{{json .RootFS.Layers}}', again)), layers)
  })

  test('older clients are told of the container that an image was committed from', async () => {
    const id = await ok('create', '--name', 'one', '--tty', '--env', 'A=1', image, 'sh')
    await ok('commit', 'one', 'made')
    const inspect = async (name: string, version: string) =>
      (await call(engine, 'GET', `/images/${name}/json`, { version })).json<Record<string, unknown>>()
    const { Container, ContainerConfig } = await inspect('made', '/v1.44')
    assert.equal(Container, id)
    const { Config } = (await call(engine, 'GET', `/containers/${id}/json`)).json<{ Config: object }>()
    assert.deepEqual(ContainerConfig, Config)
    const newer = await inspect('made', '/v1.45')
    assert.ok(!('Container' in newer || 'ContainerConfig' in newer))
    assert.ok(!('Container' in (await inspect(image, '/v1.44'))))
    // A container always has labels, an image from elsewhere may have none.
    const list = (await call(engine, 'GET', '/images/json')).json<{ RepoTags: string[]; Labels: unknown }[]>()
    const labelsOf = (tag: string) => list.find(({ RepoTags }) => RepoTags.includes(tag))?.Labels
    assert.deepEqual([labelsOf('made:latest'), labelsOf(image)], [{}, null])
    await ok('rmi', 'made')
  })

  test('an engine that is killed while it commits leaves no paused container and nothing half made', async () => {
    await ok('run', '-d', '--name', 'busy', image, 'sleep', '100000')
    await ok('exec', 'busy', 'dd', 'if=/dev/urandom', 'of=/big', 'bs=1M', 'count=150')
    const before = await ok('images', '-aq')
    // Not by a docker command: the commit might be over before that has said its answer.
    const paused = async () =>
      (await call(engine, 'GET', '/containers/busy/json')).json<{ State: { Paused: boolean } }>().State.Paused
    for (let round = 0; round < 5; round++) {
      const commit = engine.docker(['commit', 'busy', 'half'])
      await eventually(paused, is => is)
      await engine.kill9()
      assert.notEqual((await commit).status, 0)
      await engine.start()
      assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'busy'), 'running')
      assert.equal(await ok('exec', 'busy', 'echo', 'it goes on'), 'it goes on')
      assert.equal(await ok('images', '-aq'), before)
    }
    const id = await ok('commit', 'busy', 'whole')
    assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'busy'), 'running')
    assert.equal(await ok('inspect', '-f', '{{.Id}}', 'whole'), id)
    assert.equal((await ok('run', '--rm', 'whole', 'wc', '-c', '/big')).split(' ')[0], String(150 << 20))
    const check = await execute([join(import.meta.dirname, '../bin/strata'), 'system', 'check', '--host', engine.host])
    assert.equal(check.status, 0, check.stdout + check.stderr)
  })

  test('a client that goes away while it exports leaves nothing behind', async () => {
    const id = (await ok('create', '--name', 'one', image)).trim()
    const writable = join(engine.dataRoot, 'layers/erofs/writables', id)
    assert.ok((await stat(writable)).isDirectory())
    await writeFile(at('big'), Buffer.alloc(1))
    const response = await new Promise<import('node:http').IncomingMessage>(resolve => {
      const path = '/v1.51/containers/one/export'
      request({ socketPath: engine.host.slice('unix://'.length), path }, resolve).end()
    })
    await once(response, 'readable')
    response.destroy()
    // The removal of the container shows that nothing holds it.
    await ok('rm', 'one')
    await assert.rejects(stat(writable), { code: 'ENOENT' })
  })
}
