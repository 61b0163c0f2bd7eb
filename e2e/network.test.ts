import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isolated } from './fixtures/isolation.ts'
import { bodyOf, eventually, startLab } from './fixtures/lab.ts'
import { succeed } from './fixtures/processes.ts'
import { startSession } from './fixtures/session.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, web, ok } = await startLab()
  const hello = 'hello from strata\n'
  const gateway = await ok('run', '--rm', image, 'sh', '-c', "ip route | awk '/^default/ {print $3}'")

  /** What the server says, once its program listens. */
  const body = (host: string, port: number | string) => bodyOf(`http://${host}:${port}/`)
  /** A request over HTTP from a place in a container; the body of the answer. */
  const request = (host: string, port: number) =>
    `echo -ne "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 ${host} ${port} | tail -n 1`
  const fromContainer = async (host: string, port: number, ...flags: string[]) =>
    `${await ok('run', '--rm', ...flags, image, 'sh', '-c', request(host, port))}\n`
  const addressOf = (name: string) => ok('inspect', '-f', '{{.NetworkSettings.IPAddress}}', name)
  const refused = (host: string, port: number) => assert.rejects(fetch(`http://${host}:${port}/`))

  test('a published TCP port answers from the host, other containers, and its own', async () => {
    await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
    assert.equal(await body('127.0.0.1', 18080), hello)
    assert.equal(await body(gateway, 18080), hello, "at the bridge's address")
    assert.equal(await body(await addressOf('web'), 80), hello, "at the container's own")
    assert.equal(await fromContainer(gateway, 18080), hello, 'from another container')
    assert.equal(await fromContainer(await addressOf('web'), 80), hello, 'without publishing')
    const own = await ok('exec', 'web', 'sh', '-c', request(gateway, 18080))
    assert.equal(`${own}\n`, hello, 'from itself, by way of the host (hairpin)')
    assert.equal(await ok('port', 'web'), '80/tcp -> 0.0.0.0:18080\n80/tcp -> [::]:18080')
    await ok('rm', '-f', 'web')
    await refused('127.0.0.1', 18080)
    await refused(gateway, 18080)
  })

  test('published for the loopback only', async () => {
    await ok('run', '-d', '--name', 'web', '-p', '127.0.0.1:18080:80', web)
    assert.equal(await body('127.0.0.1', 18080), hello)
    await refused(gateway, 18080)
    await ok('rm', '-f', 'web')
  })

  test('a published UDP port answers, also one that asked before', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const answers: string[] = []
    socket.on('message', message => answers.push(message.toString())).on('error', () => {})
    const echo =
      "const s = require('dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(m, r.port, r.address)); s.bind(5300, () => console.log('ready'))"
    try {
      for (const round of ['first', 'second']) {
        await ok('run', '-d', '--name', 'udp', '-p', '15300:5300/udp', image, 'sleep', '1000')
        const pid = await ok('inspect', '-f', '{{.State.Pid}}', 'udp')
        await using server = await startSession(['nsenter', '--target', pid, '--net', process.execPath, '-e', echo])
        await server.until('ready')
        const ask = async () => {
          socket.send(round, 15300, '127.0.0.1')
          await delay(20)
          return answers
        }
        await eventually(ask, heard => heard.includes(round))
        await ok('rm', '-f', 'udp')
      }
    } finally {
      socket.close()
    }
  })

  test('-P publishes what the image exposes at free ports', async () => {
    await ok('run', '-d', '--name', 'web', '-P', web)
    const port = /0\.0\.0\.0:(\d+)/.exec(await ok('port', 'web', '80'))?.[1]
    assert.equal(await body('127.0.0.1', port!), hello)
    await ok('rm', '-f', 'web')
  })

  test('ranges of ports', async () => {
    await ok('run', '-d', '--name', 'one', '-p', '18100-18101:80', web)
    await ok('run', '-d', '--name', 'two', '-p', '18100-18101:80', web)
    assert.deepEqual([await body('127.0.0.1', 18100), await body('127.0.0.1', 18101)], [hello, hello])
    const third = await engine.docker(['run', '-d', '--name', 'three', '-p', '18100-18101:80', web])
    assert.equal(third.status, 125)
    assert.match(third.stderr, /all ports are allocated|port is already allocated/)
    await ok('rm', '-f', 'one', 'two', 'three')
  })

  test('a port that is taken: by a container, by another program', async () => {
    await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
    const second = await engine.docker(['run', '-d', '--name', 'second', '-p', '18080:80', web])
    assert.equal(second.status, 125)
    assert.match(second.stderr, /Bind for 0\.0\.0\.0:18080 failed: port is already allocated/)
    assert.equal(await ok('inspect', '-f', '{{.State.Status}}', 'second'), 'created')
    assert.equal(await body('127.0.0.1', 18080), hello, 'the first has not suffered')
    await ok('rm', '-f', 'web')
    await ok('start', 'second')
    assert.equal(await body('127.0.0.1', 18080), hello, 'it can be started once the port is free')
    await ok('rm', '-f', 'second')

    const server = createServer().listen(18081, '0.0.0.0')
    await once(server, 'listening')
    const third = await engine.docker(['run', '-d', '--name', 'third', '-p', '18081:80', web])
    assert.equal(third.status, 125)
    assert.match(third.stderr, /address already in use/)
    server.close()
    await once(server, 'close')
    await ok('start', 'third')
    assert.equal(await body('127.0.0.1', 18081), hello)
    await ok('rm', '-f', 'third')
  })

  test('a port is free after stop, after an exit, and can be had by another program', async () => {
    await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
    await ok('stop', '-t', '0', 'web')
    const server = createServer().listen(18080, '0.0.0.0')
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    await ok('start', 'web')
    assert.equal(await body('127.0.0.1', 18080), hello)
    await ok('exec', 'web', 'kill', '-9', '1').catch(() => {})
    await ok('restart', '-t', '0', 'web')
    assert.equal(await body('127.0.0.1', 18080), hello)
    await ok('rm', '-f', 'web')
    await ok('run', '--rm', '-p', '18080:80', image, 'true')
    await ok('run', '--rm', '-p', '18080:80', image, 'true')
  })

  test('after a kill -9 of the engine, the port of what runs is held and that of what ended is free', async () => {
    await ok('run', '-d', '--name', 'stays', '-p', '18080:80', web)
    await ok('run', '-d', '--name', 'goes', '-p', '18081:80', web)
    const pid = Number(await ok('inspect', '-f', '{{.State.Pid}}', 'goes'))
    await engine.kill9()
    process.kill(pid, 'SIGKILL')
    await eventually(
      async () => existsSync(`/proc/${pid}`),
      there => !there,
    )
    await engine.start()
    assert.equal(await body('127.0.0.1', 18080), hello)
    assert.equal(await body(gateway, 18080), hello)
    const second = await engine.docker(['run', '--rm', '-p', '18080:80', image, 'true'])
    assert.match(second.stderr, /port is already allocated/)
    await ok('run', '-d', '--name', 'next', '-p', '18081:80', web)
    assert.equal(await body('127.0.0.1', 18081), hello)
    const addresses = [await addressOf('stays'), await addressOf('next')]
    assert.equal(new Set(addresses).size, 2)
    await ok('rm', '-f', 'stays', 'goes', 'next')
  })

  test('beside a firewall that forwards nothing by itself, as dockerd sets it', async () => {
    await succeed(['iptables', '-P', 'FORWARD', 'DROP'])
    try {
      // Whether the rules still stand is looked at every now and then, and at the start.
      await engine.stop()
      await engine.start()
      await ok('run', '-d', '--name', 'web', '-p', '18080:80', web)
      assert.equal(await body('127.0.0.1', 18080), hello)
      assert.equal(await fromContainer(gateway, 18080), hello)
      assert.equal(await fromContainer(await addressOf('web'), 80), hello)
      await ok('rm', '-f', 'web')
    } finally {
      await succeed(['iptables', '-P', 'FORWARD', 'ACCEPT'])
    }
  })

  test('names on the default bridge: its own, and those that --link names', async () => {
    await ok('run', '-d', '--name', 'web', '--hostname', 'web-host', web)
    const own = await ok('exec', 'web', 'sh', '-c', 'hostname -i')
    assert.equal(own.trim(), await addressOf('web'))
    const stranger = await engine.docker(['run', '--rm', image, 'ping', '-c', '1', '-W', '1', 'web'])
    assert.match(stranger.stderr, /bad address 'web'/)
    assert.equal(await fromContainer('alias', 80, '--link', 'web:alias'), hello)
    assert.equal(await fromContainer('web-host', 80, '--link', 'web:alias'), hello)
    await ok('rm', '-f', 'web')
  })

  test('addresses are used again, and never twice at a time', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `many-${i}`)
    const start = () => Promise.all(names.map(name => ok('run', '-d', '--name', name, image, 'sleep', '1000')))
    await start()
    const first = await Promise.all(names.map(addressOf))
    assert.equal(new Set(first).size, names.length)
    await ok('rm', '-f', ...names)
    await start()
    assert.equal(new Set(await Promise.all(names.map(addressOf))).size, names.length)
    await ok('rm', '-f', ...names)
  })
}
