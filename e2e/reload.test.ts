import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startEngine } from './fixtures/engine.ts'
import { busyboxImage } from './fixtures/images.ts'
import { isolated } from './fixtures/isolation.ts'
import { pushImage } from './fixtures/push.ts'
import { startRegistry } from './fixtures/registry.ts'
import { startSession } from './fixtures/session.ts'

if (await isolated(import.meta.filename)) {
  const root = await mkdtemp(join(tmpdir(), 'strata-reload-'))
  const file = join(root, 'daemon.json')
  const write = (config: unknown) => writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  await write({ labels: ['first=1'] })
  const registry = await startRegistry({ root: join(root, 'registry') })
  await pushImage(registry, 'library/app:1', await busyboxImage({ into: root }))
  const engine = await startEngine({ flags: ['--config-file', file] })
  const log = await startSession(['tail', '-n', '+1', '-f', join(engine.root, 'log')])
  after(async () => {
    await log[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    await registry.stop()
    await rm(root, { recursive: true, force: true })
  })

  const info = async (format: string) => (await engine.docker(['info', '--format', format])).stdout.trimEnd()
  const labels = () => info('{{json .Labels}}')
  const pull = (name: string) => engine.docker(['pull', '-q', name])
  const name = `${registry.host}/library/app:1`

  test('SIGHUP makes the engine follow its configuration file', async () => {
    assert.equal(await labels(), '["first=1"]')
    assert.equal((await pull(name)).status, 0)
    await write({
      labels: ['second=2'],
      'registry-mirrors': [registry.url],
      'insecure-registries': ['http://old.example:5000', '10.0.0.0/8'],
      registries: { [registry.host]: { blocked: true } },
      'live-restore': true,
      'max-concurrent-downloads': 7,
    })
    process.kill(engine.pid, 'SIGHUP')
    await log.until('reloaded the configuration')
    assert.equal(await labels(), '["second=2"]')
    assert.equal(await info('{{.LiveRestoreEnabled}} {{json .RegistryConfig.Mirrors}}'), `true ["${registry.url}/"]`)
    assert.equal(await info('{{(index .RegistryConfig.IndexConfigs "old.example:5000").Secure}}'), 'false')
    const { status, stderr } = await pull(name)
    assert.equal(status, 1)
    assert.match(stderr, /is blocked by the configuration$/m)
    assert.equal((await pull('app:1')).status, 0)
    const events = await engine.docker(['events', '--since', '1h', '--until', '-1s', '--filter', 'event=reload'])
    assert.match(events.stdout, /daemon reload .*labels=\["second=2"\].*max-concurrent-downloads=7/)
  })

  test('a file that can not be followed changes nothing', async () => {
    for (const [config, problem] of [
      ['{', /is not valid JSON/],
      [{ nonsense: 1 }, /don't match any configuration option: nonsense/],
      [{ labels: ['third=3'], 'registry-mirrors': ['nothing'] }, /no scheme specified/],
      [{ 'image-undo-period': 17 }, /both as a flag and in the configuration file/],
    ] as const) {
      await write(config)
      process.kill(engine.pid, 'SIGHUP')
      assert.match(await log.until(/the configuration is not reloaded.*\n/), problem)
      assert.equal(await labels(), '["second=2"]')
    }
  })

  test('what the file no longer has is as it was without it', async () => {
    await write({})
    process.kill(engine.pid, 'SIGHUP')
    await log.until('reloaded the configuration')
    assert.equal(await labels(), '[]')
    assert.equal((await pull(name)).status, 0)
  })
}
