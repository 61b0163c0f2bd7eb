import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Engine, startEngine } from './fixtures/engine.ts'
import { webImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { bodyOf, eventually } from './fixtures/lab.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'

if (await isolated(import.meta.filename)) {
  test('containers and their ports outlive an engine that is killed', async t => {
    const { engine, image, docker } = await setUp(t)
    const id = await docker('run', '-d', '--name', 'web', '-p', '8080:80', image)
    assert.equal(await bodyOf('http://127.0.0.1:8080/'), 'hello from strata\n')

    await engine.kill9()
    assert.equal(await get('http://127.0.0.1:8080/'), 'hello from strata\n')

    await engine.start()
    assert.equal(await docker('ps', '-q', '--no-trunc'), id)
    assert.equal(await docker('exec', 'web', 'cat', '/srv/index.html'), 'hello from strata')
    assert.equal(await get('http://127.0.0.1:8080/'), 'hello from strata\n')
    const taken = await engine.docker(['run', '-d', '-p', '8080:80', image])
    assert.match(taken.stderr, /Bind for 0\.0\.0\.0:8080 failed: port is already allocated/)

    await docker('rm', '-f', ...(await docker('ps', '-aq')).split('\n'))
    await engine.stop()
    assert.deepEqual(await engine.leaks(), [])
  })

  test('a test that fails with its engine dead leaves nothing, not even what was paused', async t => {
    const { engine, image, docker } = await setUp(t)
    for (const name of ['running', 'paused']) await docker('run', '-d', '--name', name, image)
    await docker('pause', 'paused')
    const pids = await docker('inspect', '--format', '{{.State.Pid}}', 'running', 'paused')
    await engine.kill9()
    await engine[Symbol.asyncDispose]()
    assert.deepEqual(await engine.leaks(), [])
    for (const pid of pids.split('\n')) assert.match(await stateOf(pid), /^[ZX]?$/)
  })

  test('an exit while no engine was there is known afterwards', async t => {
    const { engine, image, docker } = await setUp(t)
    const script = 'until [ -e /go ]; do usleep 10000; done; echo done; exit 9'
    await docker('run', '-d', '--name', 'brief', image, 'sh', '-c', script)
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', 'brief')
    await engine.kill9()
    await writeFile(`/proc/${pid}/root/go`, '')
    await eventually(
      () => stateOf(pid),
      state => state === '',
    )
    await engine.start()
    assert.equal(await docker('wait', 'brief'), '9')
    assert.equal(await docker('logs', 'brief'), 'done')
    await docker('rm', 'brief')
    await engine.stop()
    assert.deepEqual(await engine.leaks(), [])
  })
}

async function setUp(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-restart-'))
  t.after(() => rm(root, { recursive: true }))
  const registry = await startRegistry({ root: join(root, 'registry') })
  t.after(() => registry.stop())
  await pushImage(registry, 'web', await webImage({ into: join(root, 'layers') }))
  const engine: Engine = await startEngine()
  t.after(() => engine[Symbol.asyncDispose]())
  const docker = async (...args: string[]) => {
    const { status, stdout, stderr } = await engine.docker(args)
    assert.equal(status, 0, stderr)
    return stdout.trim()
  }
  return { engine, docker, image: `${registry.host}/web` }
}

/** The letter that ps shows; empty when there is no such process. */
async function stateOf(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).slice(0, 1)
}

async function get(url: string): Promise<string> {
  const response = await fetch(url, { headers: { Connection: 'close' }, signal: AbortSignal.timeout(10_000) })
  return response.text()
}
