import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isolated } from './fixtures/isolation.ts'
import { eventually, startLab } from './fixtures/lab.ts'
import { assertSame } from './fixtures/same-bytes.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, ok, session } = await startLab()

  /** Runs a script to its end in a container that stays. */
  const ran = async (name: string, script: string, ...flags: string[]) => {
    await ok('run', '-d', '--name', name, ...flags, image, 'sh', '-c', script)
    return ok('wait', name)
  }

  /** Lets a script go on that waits for /go. Whether touch(1) ends before the container does is open. */
  const release = (name: string) => engine.docker(['exec', name, 'touch', '/go'])

  test('logs -f shows what comes, and ends with the container', async () => {
    await ok(
      'run',
      '-d',
      '--name',
      'slow',
      image,
      'sh',
      '-c',
      'echo one; until [ -e /go ]; do usleep 10000; done; echo two',
    )
    const follower = await session(['logs', '-f', 'slow'])
    await follower.until('one\n')
    await release('slow')
    await follower.until('two\n')
    assert.equal(await follower.ended, 0)
    assert.equal(follower.stdout, 'one\ntwo\n')
    assert.equal(await ok('logs', '-f', 'slow'), 'one\ntwo', 'of one that has ended')
  })

  test('logs -f ends with the removal, and goes on over a restart', async () => {
    await ok('run', '-d', '--name', 'gone', image, 'sh', '-c', 'echo here; sleep 1000')
    const follower = await session(['logs', '-f', 'gone'])
    await follower.until('here\n')
    await ok('rm', '-f', 'gone')
    assert.equal(await follower.ended, 0)
  })

  test('logs -f of a container that has not started waits for nothing', async () => {
    await ok('create', '--name', 'still', image, 'true')
    assert.equal(await ok('logs', '-f', 'still'), '')
  })

  test('the streams are kept apart', async () => {
    await ran('streams', 'for i in 1 2 3; do echo out $i; echo err $i >&2; done')
    const { stdout, stderr } = await engine.docker(['logs', 'streams'])
    assert.deepEqual({ stdout, stderr }, { stdout: 'out 1\nout 2\nout 3\n', stderr: 'err 1\nerr 2\nerr 3\n' })
  })

  test('20,000 lines, none lost, none twice, in their order', async () => {
    const lines = `${Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 60)}`).join('\n')}\n`
    const script = 'i=0; while [ $i -lt 20000 ]; do printf "line %d %.*s\\n" $i $((i % 60)) $x; i=$((i+1)); done'
    const flags = ['--name', 'many', '-e', `x=${'x'.repeat(60)}`]
    const follower = await session(['run', ...flags, image, 'sh', '-c', script])
    assert.equal(await follower.ended, 0)
    assertSame(follower.stdout, lines, 'attached')
    assertSame((await engine.docker(['logs', 'many'])).stdout, lines, 'read afterwards')
    assertSame((await engine.docker(['logs', '-f', 'many'])).stdout, lines, 'followed')
    assert.equal(await ok('logs', '--tail', '2', 'many'), lines.trimEnd().split('\n').slice(-2).join('\n'))
    assert.equal((await ok('logs', '-n', '19999', 'many')).split('\n')[0], 'line 1 x')
    assert.equal(await ok('logs', '--tail', '0', 'many'), '')
    assert.equal((await ok('logs', '--tail', '100000', 'many')).split('\n').length, 20_000)
  })

  test('timestamps, since and until', async () => {
    await ran('timed', 'for i in 1 2 3; do echo $i; usleep 50000; done')
    const stamped = (await ok('logs', '-t', 'timed')).split('\n').map(line => line.split(' '))
    assert.deepEqual(
      stamped.map(([, text]) => text),
      ['1', '2', '3'],
    )
    const times = stamped.map(([time]) => time!)
    for (const time of times) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    assert.equal(await ok('logs', '--since', times[1]!, 'timed'), '2\n3')
    assert.equal(await ok('logs', '--until', times[1]!, 'timed'), '1\n2')
    assert.equal(await ok('logs', '--since', times[1]!, '--until', times[1]!, 'timed'), '2')
    assert.equal(await ok('logs', '--since', '1h', 'timed'), '1\n2\n3')
    assert.equal(await ok('logs', '--until', '1h', 'timed'), '')
    assert.equal(await ok('logs', '--since', times[1]!, '--tail', '1', 'timed'), '3')
  })

  test('since and tail begin a follow in the middle', async () => {
    const script = 'for i in 1 2 3; do echo $i; usleep 50000; done; until [ -e /go ]; do usleep 10000; done; echo 4'
    await ok('run', '-d', '--name', 'middle', image, 'sh', '-c', script)
    const times = await eventually(
      async () => (await ok('logs', '-t', 'middle')).split('\n').map(line => line.split(' ')[0]!),
      found => found.length === 3,
    )
    const followers = [
      await session(['logs', '-f', '--tail', '1', 'middle']),
      await session(['logs', '-f', '--since', times[1]!, 'middle']),
    ]
    for (const follower of followers) await follower.until('3\n')
    await release('middle')
    for (const follower of followers) await follower.ended
    assert.deepEqual(
      followers.map(follower => follower.stdout),
      ['3\n4\n', '2\n3\n4\n'],
    )
  })

  test('what does not end in a line feed, and what is longer than a record', async () => {
    await ran('partial', 'printf "no end"; printf "%020000d\\n" 7 >&2; printf "\\303\\244 \\342\\202\\254 \\000 done"')
    const { stdout, stderr } = await engine.docker(['logs', 'partial'])
    assert.equal(stdout, 'no endä € \0 done')
    assert.equal(stderr, `${'7'.padStart(20_000, '0')}\n`)
  })

  test('the log of a terminal is what the terminal showed', async () => {
    await ran('tty', 'echo out; echo err >&2; stty -echo', '-t')
    const { stdout, stderr } = await engine.docker(['logs', 'tty'])
    assert.deepEqual({ stdout, stderr }, { stdout: 'out\r\nerr\r\n', stderr: '' })
  })

  test('rotation keeps as many files as it may, and the newest lines', async () => {
    const flags = ['--log-opt', 'max-size=10k', '--log-opt', 'max-file=3']
    await ran('rotated', 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done', ...flags)
    const id = await ok('inspect', '-f', '{{.Id}}', 'rotated')
    const names = (await readdir(join(engine.dataRoot, 'containers', id)))
      .filter(name => name.includes('json.log'))
      .sort()
    assert.deepEqual(names, [`${id}-json.log`, `${id}-json.log.1`, `${id}-json.log.2`])
    const lines = (await ok('logs', 'rotated')).split('\n')
    assert.ok(lines.length > 200 && lines.length < 1000, `${lines.length} lines are left`)
    assert.deepEqual(
      lines,
      Array.from(lines, (_, i) => `line ${2000 - lines.length + i}`),
    )
    assert.deepEqual((await ok('logs', '--tail', '300', 'rotated')).split('\n'), lines.slice(-300), 'tail over files')
  })

  test('a follow goes on over rotations', async () => {
    const script =
      'until [ -e /go ]; do usleep 1000; done; i=0; while [ $i -lt 1500 ]; do echo line $i; i=$((i+1)); usleep 300; done'
    const flags = ['--log-opt', 'max-size=8k', '--log-opt', 'max-file=32']
    await ok('run', '-d', '--name', 'turning', ...flags, image, 'sh', '-c', `echo ready; ${script}`)
    const follower = await session(['logs', '-f', 'turning'])
    await follower.until('ready\n')
    await release('turning')
    assert.equal(await follower.ended, 0)
    const lines = follower.stdout.trimEnd().split('\n')
    assert.deepEqual(lines, ['ready', ...Array.from({ length: 1500 }, (_, i) => `line ${i}`)])
  })

  test('a follow goes on when the only file is emptied', async () => {
    const script =
      'until [ -e /go ]; do usleep 1000; done; i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); usleep 500; done'
    await ok('run', '-d', '--name', 'emptied', '--log-opt', 'max-size=4k', image, 'sh', '-c', `echo ready; ${script}`)
    const follower = await session(['logs', '-f', 'emptied'])
    await follower.until('ready\n')
    await release('emptied')
    await follower.until('line 299\n')
    assert.equal(await follower.ended, 0)
  })

  test('restarts write into the same log', async () => {
    await ran('again', 'echo here')
    await ok('start', '-a', 'again')
    assert.equal(await ok('logs', 'again'), 'here\nhere')
  })

  test('without a log driver there is nothing to read', async () => {
    await ran('silent', 'echo nobody hears it', '--log-driver', 'none')
    const { status, stderr } = await engine.docker(['logs', 'silent'])
    assert.equal(status, 1)
    assert.match(stderr, /configured logging driver does not support reading/)
  })
}
