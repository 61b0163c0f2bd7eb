import assert from 'node:assert/strict'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isolated } from './fixtures/isolation.ts'
import { eventually, startLab } from './fixtures/lab.ts'
import { execute, succeed } from './fixtures/processes.ts'
import { assertSame } from './fixtures/same-bytes.ts'

if (await isolated(import.meta.filename)) {
  const lab = await startLab()
  const { engine, image, ok, session } = lab

  test('a shell in a terminal: echo, raw output, the size of the window', async () => {
    const shell = await session(['run', '--rm', '-it', image, 'sh'], { tty: true })
    await shell.until('# ')
    shell.write('stty size; test -t 0 && test -t 1 && test -t 2 && echo all-tt""ys\n')
    const echoed = await shell.until('all-ttys')
    assert.match(echoed, /stty size/, 'the terminal echoes what is typed')
    assert.match(echoed, /\r\n/, 'the terminal makes CR LF of LF')
    await resize(shell.pid, 33, 101)
    shell.write('until [ "$(stty size)" = "33 101" ]; do usleep 10000; done; echo res""ized\n')
    await shell.until('resized')
    shell.write('exit 7\n')
    assert.equal(await shell.ended, 7)
  })

  test('the first size of the window is there before the program starts', async () => {
    const sizes = await session(['run', '--rm', '-it', image, 'stty', 'size'], { tty: true })
    assert.equal(await sizes.ended, 0)
    assert.match(sizes.stdout, /^30 90\r\n$/)
  })

  test('ctrl-p ctrl-q detaches, attach joins again, and the keys can be chosen', async () => {
    const shell = await session(['run', '-it', '--name', 'desk', image, 'sh'], { tty: true })
    await shell.until('# ')
    shell.write('x=kept\n')
    await shell.until('# ')
    shell.write('\x10\x11')
    assert.equal(await shell.ended, 0)
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'desk'), 'true')

    const again = await session(['attach', '--detach-keys', 'ctrl-a,d', 'desk'], { tty: true })
    again.write('echo $x-and-$x\n')
    await again.until('kept-and-kept')
    again.write('\x01d')
    await again.ended
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'desk'), 'true')

    const third = await session(['attach', 'desk'], { tty: true })
    third.write('exit 4\n')
    assert.equal(await third.ended, 4)
    await ok('rm', 'desk')
  })

  test('exec in a terminal', async () => {
    await ok('run', '-d', '--name', 'host', image, 'sleep', '1000')
    const shell = await session(['exec', '-it', '-e', 'PS1=ready> ', 'host', 'sh'], { tty: true })
    await shell.until('ready> ')
    await resize(shell.pid, 22, 77)
    shell.write('until [ "$(stty size)" = "22 77" ]; do usleep 10000; done; echo res""ized; echo $TERM\n')
    await shell.until('resized')
    await shell.until('xterm')
    shell.write('exit 5\n')
    assert.equal(await shell.ended, 5)

    const left = await session(['exec', '-it', '-e', 'PS1=ready> ', 'host', 'sh'], { tty: true })
    await left.until('ready> ')
    left.write('\x10\x11')
    await left.ended
    assert.match(await ok('top', 'host'), /sh$/m, 'it goes on without its client')
    await ok('rm', '-f', 'host')
  })

  test('standard input: the end of it reaches the program, and its output still comes', async () => {
    const { stdout, status } = await engine.docker(
      ['run', '--rm', '-i', image, 'sh', '-c', 'cat; echo after; exit 3'],
      {
        input: 'some\ninput\n',
      },
    )
    assert.deepEqual({ stdout, status }, { stdout: 'some\ninput\nafter\n', status: 3 })
    await ok('run', '-d', '--name', 'host', image, 'sleep', '1000')
    const exec = await engine.docker(['exec', '-i', 'host', 'wc', '-c'], { input: 'x'.repeat(100_000) })
    assert.equal(exec.stdout.trim(), '100000')
    await ok('rm', '-f', 'host')
  })

  test('clients that are gone leave no connection open in the engine', async () => {
    await ok('run', '-d', '--name', 'host', image, 'sleep', '1000')
    const connections = async () => {
      const folder = `/proc/${engine.pid}/fd`
      const links = (await readdir(folder)).map(fd => readlink(join(folder, fd)).catch(() => ''))
      return (await Promise.all(links)).filter(link => link.startsWith('socket:')).length
    }
    const before = await connections()
    for (let round = 0; round < 3; round++) {
      await ok('run', '--rm', image, 'echo', 'out')
      await ok('exec', 'host', 'echo', 'out')
    }
    await eventually(connections, now => now <= before)
    await ok('rm', '-f', 'host')
  })

  test('50 MB through cat come out as they went in', async () => {
    const block = Buffer.alloc(1_000_000)
    for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((i * 2654435761) >>> 0, i)
    const input = Buffer.concat(Array.from({ length: 50 }, () => block))
    const output = join(lab.root, 'output')
    const script = 'docker run --rm -i "$0" cat | cat > "$1"'
    assert.equal((await execute(['sh', '-c', script, image, output], { env: engine.env, input })).stderr, '')
    assertSame(await readFile(output), input, 'after cat')
  })

  test('two clients see the same output, and both may type', async () => {
    await ok('run', '-dit', '--name', 'shared', image, 'sh')
    const one = await session(['attach', 'shared'], { tty: true })
    one.write('echo from-on""e\n')
    await one.until('from-one')
    const two = await session(['attach', 'shared'], { tty: true })
    two.write('echo from-tw""o\n')
    await two.until('from-two')
    await one.until('from-two')
    one.write('exit 9\n')
    assert.deepEqual([await one.ended, await two.ended], [9, 9])
    await ok('rm', 'shared')
  })

  test('-a chooses the streams', async () => {
    const script = 'echo out; echo err >&2'
    const { stdout, stderr } = await engine.docker(['run', '--rm', '-a', 'stderr', image, 'sh', '-c', script])
    assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: 'err\n' })
  })

  test('the exit code of a signal', async () => {
    for (const [signal, status] of [
      ['KILL', 137],
      ['USR1', 138],
    ] as const) {
      const victim = await session([
        'run',
        '--rm',
        '--name',
        'victim',
        image,
        'sh',
        '-c',
        'sh -c "echo ready; exec sleep 1000"; exit $?',
      ])
      await victim.until('ready')
      // Whether killall(1) ends before the container does is open.
      await engine.docker(['exec', 'victim', 'killall', `-${signal}`, 'sleep'])
      assert.equal(await victim.ended, status, signal)
    }
    const killed = await session(['run', '--rm', '--name', 'victim', image, 'sh', '-c', 'echo ready; sleep 1000'])
    await killed.until('ready')
    await ok('kill', 'victim')
    assert.equal(await killed.ended, 137)
  })

  test('signals of the client go to the program, unless --sig-proxy=false', async () => {
    const script = 'trap "echo caught; exit 33" TERM; echo ready; while :; do usleep 10000; done'
    const proxied = await session(['run', '--rm', image, 'sh', '-c', script])
    await proxied.until('ready')
    proxied.kill('SIGTERM')
    assert.equal(await proxied.ended, 33)
    assert.match(proxied.stdout, /caught/)

    const alone = await session(['run', '--sig-proxy=false', '--name', 'alone', image, 'sh', '-c', script])
    await alone.until('ready')
    // The client itself goes at the third one.
    const signals = setInterval(() => alone.kill('SIGTERM'), 20)
    await alone.ended.finally(() => clearInterval(signals))
    assert.equal(await ok('inspect', '-f', '{{.State.Running}}', 'alone'), 'true')
    await ok('rm', '-f', 'alone')
  })

  /** Gives the terminal of a session another size, as a window manager does. */
  async function resize(scriptPid: number, rows: number, columns: number): Promise<void> {
    const children = await eventually(
      async () => (await execute(['pgrep', '--parent', String(scriptPid)])).stdout.trim(),
      text => text !== '',
    )
    const terminal = await readlink(`/proc/${children.split('\n')[0]}/fd/0`)
    await succeed(['stty', '-F', terminal, 'rows', String(rows), 'cols', String(columns)])
  }
}
