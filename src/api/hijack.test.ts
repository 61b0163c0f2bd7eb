import assert from 'node:assert/strict'
import { type Duplex, duplexPair } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { collect, fromReadable, StrataError } from '../std/index.ts'
import type { AttachSession } from './attach-session.ts'
import { attachStream } from './attach-stream.ts'
import type { AttachOptions } from './containers/backend.ts'
import type { HijackCall } from './exchange.ts'
import type { StartExecOptions } from './exec/backend.ts'
import { rawPost, type Served, serve } from './testdata/serve.ts'

interface Fixture {
  readonly served: Served
  /** The process's end of the stdio that was connected. */
  readonly stdio: Promise<Duplex>
  readonly asked: unknown[]
  readonly events: string[]
}

/** A server of which every attach and every exec leads to one fake process. */
async function withProcess(t: TestContext, session: Partial<AttachSession> = {}): Promise<Fixture> {
  const [outer, inner] = duplexPair()
  inner.on('error', () => {})
  const asked: unknown[] = []
  const events: string[] = []
  const connected = Promise.withResolvers<Duplex>()
  const found: AttachSession = {
    tty: false,
    stdinOnce: true,
    connect: async () => {
      connected.resolve(inner)
      return outer
    },
    detached: () => events.push('detached'),
    ...session,
  }
  inner.once('close', () => events.push('left'))
  const served = await serve(t, {
    containers: {
      attach: async (id: string, { signal, ...options }: AttachOptions) => {
        assert.ok(!signal.aborted)
        asked.push([id, options])
        return found
      },
    },
    exec: {
      attach: async (id: string, { signal, ...options }: StartExecOptions & { signal: AbortSignal }) => {
        assert.ok(!signal.aborted)
        asked.push([id, options])
        return found
      },
      start: async (id: string, options: StartExecOptions) => {
        asked.push([id, options, 'detached'])
      },
    },
  })
  return { served, stdio: connected.promise, asked, events }
}

const attach = '/v1.51/containers/web/attach?stream=1&stdin=1&stdout=1&stderr=1'

/** Resolves with the next bytes that the process reads. */
function read(stdio: Duplex): Promise<string> {
  return new Promise(resolve => {
    stdio.once('data', (chunk: Buffer) => resolve(chunk.toString()))
  })
}

async function readAll(stdio: Duplex): Promise<string> {
  return (await collect(fromReadable(stdio), 1 << 20)).toString()
}

for (const { upgrade, tty, version, head } of [
  { upgrade: true, tty: false, version: '1.51', head: ['101 UPGRADED', 'multiplexed'] },
  { upgrade: true, tty: true, version: '1.51', head: ['101 UPGRADED', 'raw'] },
  { upgrade: true, tty: false, version: '1.41', head: ['101 UPGRADED', 'raw'] },
  { upgrade: false, tty: false, version: '1.51', head: ['200 OK', 'raw'] },
] as const) {
  test(`attach, ${upgrade ? 'with' : 'without'} Upgrade, tty ${tty}, API ${version}`, async t => {
    const { served, stdio, asked } = await withProcess(t, { tty })
    const { socket, until, all } = await served.dial()
    socket.write(rawPost(attach.replace('1.51', version), { upgrade }))
    const received = await until('\r\n\r\n')
    const [status, ...headers] = received.trimEnd().split('\r\n')
    assert.equal(status, `HTTP/1.1 ${head[0]}`)
    assert.ok(headers.includes(`Content-Type: application/vnd.docker.${head[1]}-stream`))
    assert.equal(headers.includes('Connection: Upgrade') && headers.includes('Upgrade: tcp'), upgrade)
    assert.deepEqual(asked, [['web', { stdin: true, stdout: true, stderr: true, stream: true, logs: false }]])

    const process = await stdio
    socket.write('typed')
    assert.equal(await read(process), 'typed')
    process.write('said')
    await until('\r\n\r\nsaid')
    process.end('the end')
    assert.ok((await all()).toString().endsWith('said' + 'the end'))
  })
}

test('the end of input is end of file for the process, whose output flows on', async t => {
  const { served, stdio, events } = await withProcess(t)
  const { socket, all } = await served.dial()
  socket.write(rawPost(attach))
  socket.end('last words')
  const process = await stdio
  assert.equal(await readAll(process), 'last words')
  process.write('still ')
  process.end('talking')
  assert.match((await all()).toString(), /\r\n\r\nstill talking$/)
  assert.deepEqual(events.includes('detached'), false)
})

for (const [what, session] of [
  ['a process that shall go on reading', { stdinOnce: false }],
  ['a terminal', { tty: true }],
] as const) {
  test(`the end of input leaves ${what} alone and ends the connection`, async t => {
    const { served, stdio } = await withProcess(t, session)
    const { socket, all, until } = await served.dial()
    socket.write(rawPost(attach))
    await until('\r\n\r\n')
    const process = await stdio
    let ended = false
    process.once('end', () => {
      ended = true
    })
    const left = new Promise(resolve => {
      process.once('close', resolve)
    })
    process.resume()
    socket.end()
    await left
    await all()
    assert.equal(ended, false)
  })
}

test('without stdin, the end of input means nothing and input goes nowhere', async t => {
  const { served, stdio } = await withProcess(t)
  const { socket, all } = await served.dial()
  socket.write(rawPost('/containers/web/attach?stream=1&stdout=1'))
  socket.end('dropped')
  const process = await stdio
  process.once('data', () => assert.fail('input reached the process'))
  process.write('output')
  process.end()
  assert.match((await all()).toString(), /\r\n\r\noutput$/)
})

test('input in the packet of the request, after its body, is not lost', async t => {
  for (const upgrade of [true, false]) {
    const { served, stdio, asked } = await withProcess(t)
    const { socket, all } = await served.dial()
    socket.write(`${rawPost('/exec/e1/start', { upgrade, body: '{"Tty":false}' })}first `)
    socket.end('second')
    const process = await stdio
    assert.equal(await readAll(process), 'first second')
    process.end('done')
    await all()
    assert.deepEqual(asked, [['e1', {}]])
  }
})

test('a connection that was paused to read its body flows again', async () => {
  const [client, socket] = duplexPair()
  const [outer, inner] = duplexPair()
  socket.pause()
  const takeOver = () => ({ socket, head: new Uint8Array() })
  const call = { upgrade: true, minor: 51, signal: new AbortController().signal, takeOver } as unknown as HijackCall
  const session = { tty: true, stdinOnce: true, connect: async () => outer }
  const done = attachStream(call, session, { tty: true, stdin: true, detachKeys: [] })
  client.write('typed')
  assert.equal(await read(inner), 'typed')
  client.destroy()
  socket.destroy()
  await done
})

test('a body may come in pieces, and in chunks', async t => {
  for (const pieces of [
    ['Content-Length: 13\r\n\r\n{"Tty"', ':false}', 'input'],
    ['Transfer-Encoding: chunked\r\n\r\n6\r\n{"Tty"\r', '\n7;x=y\r\n:false}', '\r\n0\r\nTrailer: x\r\n\r', '\ninput'],
  ]) {
    const { served, stdio } = await withProcess(t)
    const { socket, all } = await served.dial()
    socket.setNoDelay(true)
    socket.write('POST /exec/e1/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n')
    for (const piece of pieces) {
      await new Promise(resolve => {
        socket.write(piece, resolve)
      })
    }
    socket.end()
    const process = await stdio
    assert.equal(await readAll(process), 'input')
    process.end()
    await all()
  }
})

test('an exec on a terminal takes its size, and frames for clients that do not know of the terminal', async t => {
  const { served, stdio, asked } = await withProcess(t, { tty: true })
  const { socket, all } = await served.dial()
  socket.write(rawPost('/exec/e1/start', { body: '{"Tty":false}' }))
  ;(await stdio).end('hi')
  assert.ok((await all()).toString('latin1').endsWith('\r\n\r\n\x01\0\0\0\0\0\0\x02hi'))

  const other = await served.dial()
  other.socket.write(rawPost('/exec/e2/start', { body: '{"Tty":true,"ConsoleSize":[24,80]}' }))
  await other.until('\r\n\r\n')
  assert.deepEqual(asked[1], ['e2', { consoleSize: { height: 24, width: 80 } }])
})

test('a detached exec is answered with an empty response', async t => {
  const { served, asked } = await withProcess(t)
  const answer = await served.post('/exec/e1/start', { Detach: true })
  assert.equal(answer.status, 200)
  assert.equal(answer.body, '')
  assert.deepEqual(asked, [['e1', {}, 'detached']])
})

test('the detach keys end a connection to a terminal, in several packets too, and are not input', async t => {
  for (const [query, keys] of [
    ['', ['\x10', '\x11']],
    ['&detachKeys=ctrl-x,a', ['\x18a']],
  ] as const) {
    const { served, stdio, events } = await withProcess(t, { tty: true })
    const { socket, all, until } = await served.dial()
    socket.write(rawPost(attach + query))
    await until('\r\n\r\n')
    const process = await stdio
    let input = ''
    process.on('data', (chunk: Buffer) => {
      input += chunk
    })
    for (const piece of ['typed', ...keys]) {
      await new Promise(resolve => {
        socket.write(piece, resolve)
      })
    }
    await all()
    assert.equal(input, 'typed')
    assert.ok(events.includes('detached'))
  }
})

test('what looks like detach keys is input where there is no terminal', async t => {
  const { served, stdio, events } = await withProcess(t)
  const { socket } = await served.dial()
  socket.write(rawPost(attach))
  const process = await stdio
  socket.end('\x10\x11')
  assert.equal(await readAll(process), '\x10\x11')
  assert.deepEqual(events, [])
})

test('what can be refused is refused in HTTP', async t => {
  const refused = new StrataError('not_found', 'No such container: nope')
  const { dial } = await serve(t, {
    containers: {
      attach: async () => {
        throw refused
      },
    },
  })
  for (const [url, status, message] of [
    ['/containers/nope/attach?stdout=1', '404 Not Found', 'No such container: nope'],
    ['/containers/nope/attach?detachKeys=ctrl-1', '400 Bad Request', 'Invalid detach keys (ctrl-1) provided'],
    [
      '/v1.99/containers/nope/attach',
      '400 Bad Request',
      'client version 1.99 is too new. Maximum supported API version is 1.51',
    ],
  ] as const) {
    for (const upgrade of [true, false]) {
      const { socket, all } = await dial()
      socket.write(rawPost(url, { upgrade }))
      const text = (await all()).toString()
      assert.ok(text.startsWith(`HTTP/1.1 ${status}\r\n`), text)
      assert.ok(text.endsWith(`\r\n\r\n${JSON.stringify({ message })}\n`), text)
      socket.end()
    }
  }
  const { socket, all } = await dial()
  socket.write(rawPost('/exec/e1/start', { body: '{"Tty":tr' }))
  assert.match((await all()).toString(), /^HTTP\/1.1 400 .*invalid JSON: unexpected EOF/s)
})

test('an error after the head of the answer is text on the stream', async t => {
  for (const tty of [false, true]) {
    const { served } = await withProcess(t, {
      tty,
      connect: async () => {
        throw new StrataError('invalid_argument', 'no such program')
      },
    })
    const { socket, all } = await served.dial()
    socket.write(rawPost('/exec/e1/start', { body: `{"Tty":${tty}}` }))
    const text = (await all()).toString('latin1')
    assert.ok(text.endsWith(`\r\n\r\n${tty ? '' : '\x01\0\0\0\0\0\0\x11'}no such program\r\n`), JSON.stringify(text))
  }
})

test('a client that vanishes is a client that left, not an end of input', async t => {
  const { served, stdio, events } = await withProcess(t, { tty: true })
  const { socket, until } = await served.dial()
  socket.write(rawPost(attach))
  await until('\r\n\r\n')
  const process = await stdio
  let ended = false
  process.resume().once('end', () => {
    ended = true
  })
  const left = new Promise(resolve => {
    process.once('close', resolve)
  })
  socket.destroy()
  await left
  assert.equal(ended, false)
  assert.deepEqual(events, ['left'])
})

test('neither direction runs ahead of a slow reader', async t => {
  const { served, stdio } = await withProcess(t)
  const { socket, until } = await served.dial()
  socket.write(rawPost(attach))
  await until('\r\n\r\n')
  const process = await stdio
  const block = Buffer.alloc(1 << 20)

  socket.pause()
  let written = 0
  while (process.write(block)) written += block.byteLength
  assert.ok(written < 1 << 24)
  socket.resume()
  await new Promise(resolve => {
    process.once('drain', resolve)
  })

  let sent = 0
  const total = 16 * block.byteLength
  const send = async () => {
    for (; sent < total; sent += block.byteLength) {
      if (!socket.write(block)) {
        await new Promise(resolve => {
          socket.once('drain', resolve)
        })
      }
    }
  }
  const sending = send()
  let received = 0
  for await (const chunk of process) {
    received += (chunk as Buffer).byteLength
    if (received === total) break
  }
  await sending
  assert.equal(received, total)
})

test('closing the server ends connections', async t => {
  const { served, stdio } = await withProcess(t)
  const { socket, all, until } = await served.dial()
  socket.write(rawPost(attach))
  await until('\r\n\r\n')
  const process = await stdio
  const left = new Promise(resolve => {
    process.once('close', resolve)
  })
  const closed = served.close(60_000)
  await all()
  socket.end()
  await left
  await closed
})

test('an Upgrade to something else, elsewhere, is ignored', async t => {
  const { ask } = await serve(t)
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }
  assert.equal((await ask('GET', '/_ping', { headers })).body, 'OK')
})
