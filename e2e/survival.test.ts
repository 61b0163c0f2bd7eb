import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { isolated } from './fixtures/isolation.ts'
import { bodyOf, eventually, startLab } from './fixtures/lab.ts'
import { succeed } from './fixtures/processes.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, web, ok, session } = await startLab()

  const state = async (name: string) => JSON.parse(await ok('inspect', '-f', '{{json .State}}', name))
  const alive = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  const ended = (pid: number) =>
    eventually(
      async () => alive(pid),
      running => !running,
    )
  const body = async (url: string) => (await fetch(url)).text()

  /** Lets a script go on that waits for /go. Whether touch(1) ends before the container does is open. */
  const release = (name: string) => engine.docker(['exec', name, 'touch', '/go'])

  test('a kill -9 of the engine leaves containers, their logs, ports and terminals as they are', async () => {
    const counting = 'i=0; while [ ! -e /go ]; do echo $i; i=$((i+1)); usleep 5000; done; echo end $i; exit 5'
    await ok('run', '-d', '--name', 'counter', image, 'sh', '-c', counting)
    await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
    await ok('run', '-dit', '--name', 'shell', image, 'sh')
    assert.equal(await bodyOf('http://127.0.0.1:18080/'), 'hello from strata\n', 'before')
    const before = await state('counter')
    const pids = [before.Pid, (await state('web')).Pid, (await state('shell')).Pid]
    await engine.kill9()
    assert.deepEqual(pids.map(alive), [true, true, true])
    assert.equal(await body('http://127.0.0.1:18080/'), 'hello from strata\n', 'while the engine is away')
    await engine.start()
    assert.equal(await body('http://127.0.0.1:18080/'), 'hello from strata\n', 'afterwards')
    const after = await state('counter')
    assert.deepEqual({ ...after }, { ...before })
    assert.equal(await ok('exec', 'counter', 'hostname'), await ok('inspect', '-f', '{{.Config.Hostname}}', 'counter'))

    const attached = await session(['attach', 'shell'], { tty: true })
    attached.write('echo still-he""re\n')
    await attached.until('still-here')
    attached.write('exit 3\n')
    assert.equal(await attached.ended, 3)

    const waiting = ok('wait', 'counter')
    await release('counter')
    assert.equal(await waiting, '5')
    const lines = (await ok('logs', 'counter')).split('\n')
    const count = Number(lines.pop()!.replace('end ', ''))
    assert.deepEqual(
      lines,
      Array.from({ length: count }, (_, i) => String(i)),
    )
    await ok('rm', '-f', 'counter', 'web', 'shell')
    await assert.rejects(fetch('http://127.0.0.1:18080/'))
  })

  test('a container that shares memory with another outlives it, and a kill -9 of the engine', async () => {
    await ok('run', '-d', '--name', 'donor', '--ipc', 'shareable', image, 'sleep', '1000')
    await ok('run', '-d', '--name', 'heir', '--ipc', 'container:donor', image, 'sleep', '1000')
    await ok('exec', 'donor', 'sh', '-c', 'echo given > /dev/shm/x')
    const [donor, heir] = [(await state('donor')).Pid, (await state('heir')).Pid]
    await engine.kill9()
    process.kill(donor, 'SIGKILL')
    await ended(donor)
    await engine.start()
    assert.equal((await state('donor')).Status, 'exited')
    assert.equal((await state('heir')).Pid, heir)
    assert.equal(await ok('exec', 'heir', 'cat', '/dev/shm/x'), 'given')
    await ok('rm', '-f', 'heir', 'donor')
  })

  test('what a container was started with may be gone from the machine: the next engine takes it over', async () => {
    const device = join(engine.root, 'device')
    await succeed(['mknod', device, 'c', '1', '3'])
    await ok('run', '-d', '--name', 'holder', '--device', `${device}:/dev/own`, '-e', 'A=b', image, 'sleep', '1000')
    const { Pid: pid } = await state('holder')
    await engine.kill9()
    await rm(device)
    await engine.start()
    assert.equal((await state('holder')).Pid, pid)
    assert.equal(await ok('exec', 'holder', 'sh', '-c', 'echo $A'), 'b')
    await ok('rm', '-f', 'holder')
  })

  test('an exit while the engine is away is known afterwards, with its code and time', async () => {
    const until = 'trap "echo bye; exit 9" TERM; echo ready; while :; do usleep 10000; done'
    await ok('run', '-d', '--name', 'left', image, 'sh', '-c', until)
    await ok('run', '-d', '--name', 'killed', image, 'sleep', '1000')
    await ok('run', '-d', '--rm', '--name', 'passing', '-v', '/data', image, 'sh', '-c', until)
    for (const name of ['left', 'passing'])
      await eventually(
        () => ok('logs', name),
        text => text === 'ready',
      )
    const { Pid: left } = await state('left')
    const { Pid: killed } = await state('killed')
    const { Pid: passing } = await state('passing')
    const volume = await ok('inspect', '-f', '{{(index .Mounts 0).Source}}', 'passing')
    await engine.kill9()
    const from = Date.now()
    process.kill(left, 'SIGTERM')
    process.kill(passing, 'SIGTERM')
    process.kill(killed, 'SIGKILL')
    for (const pid of [left, killed, passing]) await ended(pid)
    const to = Date.now()
    await engine.start()
    assert.equal(await ok('wait', 'left'), '9')
    const { Status, ExitCode, FinishedAt, Running, Pid } = await state('left')
    assert.deepEqual({ Status, ExitCode, Running, Pid }, { Status: 'exited', ExitCode: 9, Running: false, Pid: 0 })
    const finished = Date.parse(FinishedAt)
    assert.ok(finished >= from - 1000 && finished <= to + 1000, `${FinishedAt} is when it ended`)
    assert.equal(await ok('logs', 'left'), 'ready\nbye')
    assert.equal((await state('killed')).ExitCode, 137)
    await eventually(
      () => ok('ps', '-aq', '--filter', 'name=passing'),
      text => text === '',
    )
    await assert.rejects(readdir(volume), 'the anonymous volume goes with it')
    assert.equal(await ok('start', 'left'), 'left', 'it can be started again')
    await ok('rm', '-f', 'left', 'killed')
  })

  test('a wait and a follow that were cut off can be asked for again', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'long',
      image,
      'sh',
      '-c',
      'echo start; until [ -e /go ]; do usleep 10000; done; exit 2',
    )
    const waiting = await session(['wait', 'long'])
    const follower = await session(['logs', '-f', 'long'])
    await follower.until('start')
    await engine.kill9()
    assert.notEqual(await waiting.ended, 0)
    await follower.ended
    await engine.start()
    const again = ok('wait', 'long')
    await release('long')
    assert.equal(await again, '2')
    await ok('rm', 'long')
  })

  test('restart policies: what ran is started again, what the user stopped is not', async () => {
    const policies = ['no', 'always', 'unless-stopped', 'on-failure']
    for (const policy of policies) {
      await ok('run', '-d', '--name', `run-${policy}`, '--restart', policy, image, 'sleep', '1000')
      await ok('run', '-d', '--name', `stopped-${policy}`, '--restart', policy, image, 'sleep', '1000')
    }
    await ok('stop', '-t', '0', ...policies.map(policy => `stopped-${policy}`))
    const pids = await Promise.all(policies.map(async policy => (await state(`run-${policy}`)).Pid as number))
    await engine.kill9()
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    for (const pid of pids) await ended(pid)
    await engine.start()
    const expected = ['run-always', 'run-on-failure', 'run-unless-stopped', 'stopped-always']
    const running = async () => (await ok('ps', '--format', '{{.Names}}')).split('\n').sort()
    assert.deepEqual(await eventually(running, names => names.length >= expected.length), expected)
    await ok('rm', '-f', ...policies.flatMap(policy => [`run-${policy}`, `stopped-${policy}`]))
  })

  test('a restart policy goes on with an exit that the engine sees', async () => {
    await ok('run', '-d', '--name', 'flapping', '--restart', 'on-failure:2', image, 'sh', '-c', 'echo try; exit 6')
    const text = async () => ok('inspect', '-f', '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}', 'flapping')
    await eventually(text, found => found === '2 exited 6')
    assert.equal(await ok('logs', 'flapping'), 'try\ntry\ntry')
    await ok('rm', 'flapping')
  })

  test('SIGTERM stops the containers, and those that are to run always come back', async () => {
    const script = 'trap "echo told; exit 0" TERM; echo ready; while :; do usleep 10000; done'
    await ok('run', '-d', '--name', 'plain', image, 'sh', '-c', script)
    await ok('run', '-d', '--name', 'always', '--restart', 'always', image, 'sh', '-c', script)
    for (const name of ['plain', 'always'])
      await eventually(
        () => ok('logs', name),
        text => text === 'ready',
      )
    const { Pid: plain } = await state('plain')
    await engine.stop()
    assert.equal(alive(plain), false)
    await engine.start()
    await eventually(
      () => ok('ps', '--format', '{{.Names}}'),
      names => names === 'always',
    )
    assert.equal((await state('plain')).ExitCode, 0)
    assert.equal(await ok('logs', 'plain'), 'ready\ntold')
    await ok('rm', '-f', 'plain', 'always')
  })

  test('killed in the middle of starts, the engine comes back with nothing half made', async () => {
    for (let round = 0; round < 3; round++) {
      const starts = Array.from({ length: 4 }, (_, i) =>
        engine.docker(['run', '-d', '--name', `burst-${round}-${i}`, '-p', '80', image, 'sleep', '1000']),
      )
      // Each round is cut off at another point of the way.
      await eventually(
        async () => (await readdir(join(engine.execRoot, 'tasks')).catch(() => [])).length,
        count => count >= Math.min(round, 3),
      )
      for (let i = 0; i < round * 10; i++) await turn()
      await engine.kill9()
      await Promise.all(starts)
      await engine.start()
      for (const line of (await ok('ps', '-a', '--format', '{{.Names}} {{.State}}')).split('\n')) {
        const [name = '', status] = line.split(' ')
        if (name === '') continue
        assert.ok(status === 'running' || status === 'created' || status === 'exited', line)
        if (status !== 'running') await ok('start', name)
        assert.equal(await ok('exec', name, 'echo', 'usable'), 'usable')
        await ok('rm', '-f', name)
      }
    }
  })

  test('killed in the middle of removals, the engine comes back and they can be finished', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `doomed-${i}`)
    for (const name of names) await ok('run', '-d', '--name', name, image, 'sleep', '1000')
    const removal = engine.docker(['rm', '-f', ...names])
    await eventually(
      () => readdir(join(engine.execRoot, 'tasks')),
      tasks => tasks.length < names.length,
    )
    await engine.kill9()
    await removal
    await engine.start()
    const left = (await ok('ps', '-aq')).split('\n').filter(id => id !== '')
    if (left.length > 0) await ok('rm', '-f', ...left)
    assert.deepEqual(await readdir(join(engine.dataRoot, 'containers')), [])
  })
}
