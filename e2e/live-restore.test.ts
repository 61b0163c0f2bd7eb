import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolated } from './fixtures/isolation.ts'
import { bodyOf, startLab } from './fixtures/lab.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, web, ok, session } = await startLab({ flags: ['--live-restore'] })

  test('with --live-restore, containers go on when the engine is told to end', async () => {
    await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
    await ok('run', '-dit', '--name', 'shell', image, 'sh')
    assert.equal(await bodyOf('http://127.0.0.1:18080/'), 'hello from strata\n')
    const pid = await ok('inspect', '-f', '{{.State.Pid}}', 'web')
    await engine.stop()
    process.kill(Number(pid), 0)
    assert.equal(await (await fetch('http://127.0.0.1:18080/')).text(), 'hello from strata\n')
    await engine.start()
    assert.equal(await ok('inspect', '-f', '{{.State.Pid}}', 'web'), pid)
    assert.equal(await (await fetch('http://127.0.0.1:18080/')).text(), 'hello from strata\n')
    const attached = await session(['attach', 'shell'], { tty: true })
    attached.write('exit 3\n')
    assert.equal(await attached.ended, 3)
    await ok('rm', '-f', 'web', 'shell')
    assert.equal(await ok('ps', '-aq'), '')
  })
}
