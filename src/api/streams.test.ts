import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventMessage, WaitResponse } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import type { LogRecord, LogsOptions, WaitCondition } from './containers/backend.ts'
import type { PullImageOptions } from './images/backend.ts'
import { type Dialed, serve } from './testdata/serve.ts'

function get(dialed: Dialed, url: string, method = 'GET'): void {
  dialed.socket.write(`${method} ${url} HTTP/1.1\r\nHost: docker\r\n\r\n`)
}

/** A promise for the abort of a signal. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

test('a pull streams its progress and hands the credentials and the platform on', async t => {
  const pulls: PullImageOptions[] = []
  const { ask } = await serve(t, {
    images: {
      pull: async options => {
        pulls.push(options)
        options.progress({ status: 'Pulling from library/debian', id: 'bookworm' })
        options.progress({ status: 'Pulling fs layer', progressDetail: {}, id: 'abc' })
        options.progress({ status: 'Downloading', progressDetail: { current: 32_768, total: 65_536 }, id: 'abc' })
        options.progress({ status: 'Status: Downloaded newer image for debian:bookworm' })
      },
    },
  })
  const auth = Buffer.from(JSON.stringify({ username: 'me', password: 'secret' })).toString('base64url')
  const answer = await ask('POST', '/images/create?fromImage=debian&tag=bookworm&platform=linux/arm64', {
    headers: { 'x-registry-auth': auth },
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'application/json')
  const bar = `[${'='.repeat(25)}>${' '.repeat(25)}]  32.77kB/65.54kB`
  assert.deepEqual(answer.body.split('\r\n'), [
    '{"status":"Pulling from library/debian","id":"bookworm"}',
    '{"status":"Pulling fs layer","progressDetail":{},"id":"abc"}',
    `{"status":"Downloading","progressDetail":{"current":32768,"total":65536},"progress":"${bar}","id":"abc"}`,
    '{"status":"Status: Downloaded newer image for debian:bookworm"}',
    '',
  ])
  const { reference, platform, credentials } = pulls[0]!
  assert.deepEqual(
    { reference, platform, credentials },
    {
      reference: 'docker.io/library/debian:bookworm',
      platform: 'linux/arm64',
      credentials: { username: 'me', password: 'secret' },
    },
  )
  const digest = `sha256:${'a'.repeat(64)}`
  await ask('POST', `/images/create?fromImage=debian&tag=${digest}`)
  await ask('POST', '/images/create?fromImage=127.0.0.1:5000/debian:1')
  assert.equal(pulls[1]!.reference, `docker.io/library/debian@${digest}`)
  assert.equal(pulls[2]!.reference, '127.0.0.1:5000/debian:1')
  await ask('POST', '/images/create?fromImage=127.0.0.1:5000/debian:1&tag=2')
  await ask('POST', `/images/create?fromImage=debian:1&tag=${digest}`)
  assert.equal(pulls[3]!.reference, '127.0.0.1:5000/debian:2')
  assert.equal(pulls[4]!.reference, `docker.io/library/debian@${digest}`)
  const refused = await ask('POST', '/images/create?fromImage=debian&tag=not%20one')
  assert.equal(refused.status, 400)
  assert.deepEqual(JSON.parse(refused.body), { message: 'invalid tag format' })
  const short = await ask('POST', '/images/create?fromImage=debian&tag=sha256:abc')
  assert.deepEqual(JSON.parse(short.body), { message: 'invalid tag format' })
  assert.equal(pulls.length, 5)
  await ask('POST', '/v1.31/images/create?fromImage=debian&tag=1&platform=nonsense')
  assert.equal(pulls[5]!.platform, undefined)
})

test('a failed pull is an HTTP status before the first message and a message after it', async t => {
  let began = false
  const { ask } = await serve(t, {
    images: {
      pull: async ({ progress }) => {
        if (began) progress({ status: 'Pulling' })
        throw new StrataError('not_found', 'manifest unknown')
      },
    },
  })
  const before = await ask('POST', '/images/create?fromImage=x&tag=1')
  assert.equal(before.status, 404)
  assert.equal(before.body, '{"message":"manifest unknown"}\n')
  began = true
  const after = await ask('POST', '/images/create?fromImage=x&tag=1')
  assert.equal(after.status, 200)
  assert.equal(
    after.body,
    '{"status":"Pulling"}\r\n{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}\r\n',
  )
})

test('a client that goes away cancels its pull', async t => {
  const canceled = Promise.withResolvers<void>()
  const { dial } = await serve(t, {
    images: {
      pull: async ({ signal, progress }) => {
        progress({ status: 'Pulling' })
        await aborted(signal)
        canceled.resolve()
        throw signal.reason
      },
    },
  })
  const dialed = await dial()
  get(dialed, '/images/create?fromImage=x&tag=1', 'POST')
  await dialed.until('Pulling')
  dialed.socket.destroy()
  await canceled.promise
})

test('wait sends its head as soon as the container is watched', async t => {
  const exit = Promise.withResolvers<WaitResponse>()
  const conditions: WaitCondition[] = []
  const { dial, ask } = await serve(t, {
    containers: {
      wait: async (_id, condition) => {
        conditions.push(condition)
        return { exit: exit.promise }
      },
    },
  })
  const dialed = await dial()
  get(dialed, '/v1.51/containers/x/wait?condition=next-exit', 'POST')
  const head = await dialed.until('\r\n\r\n')
  assert.match(head, /^HTTP\/1.1 200 OK\r\n/)
  assert.match(head, /Content-Type: application\/json\r\n/)
  assert.ok(head.endsWith('\r\n\r\n'))
  exit.resolve({ StatusCode: 3 })
  assert.match(await dialed.until('\r\n0\r\n'), /\{"StatusCode":3\}\n/)
  assert.equal((await ask('POST', '/containers/x/wait')).body, '{"StatusCode":3}\n')
  assert.deepEqual(conditions, ['next-exit', 'not-running'])
})

test('wait reports a failed exit in its body, and an unknown container in its status', async t => {
  let known = true
  const { ask } = await serve(t, {
    containers: {
      wait: async id => {
        if (!known) throw new StrataError('not_found', `No such container: ${id}`)
        return { exit: Promise.reject(new StrataError('internal', 'lost it')) }
      },
    },
  })
  const failed = await ask('POST', '/containers/x/wait')
  assert.equal(failed.body, '{"StatusCode":-1,"Error":{"Message":"lost it"}}\n')
  known = false
  assert.equal((await ask('POST', '/containers/x/wait')).status, 404)
})

test('events stream as they come, with their old fields, and end with the client', async t => {
  const event = (part: Pick<EventMessage, 'Type' | 'Action' | 'Actor'>): EventMessage => ({
    ...part,
    scope: 'local',
    time: 1,
    timeNano: 1_000_000_000,
  })
  const more = Promise.withResolvers<void>()
  const canceled = Promise.withResolvers<void>()
  let asked: unknown
  const { dial } = await serve(t, {
    system: {
      async *events({ signal, ...options }) {
        asked = options
        yield event({ Type: 'container', Action: 'start', Actor: { ID: 'c', Attributes: { image: 'debian' } } })
        await more.promise
        yield event({ Type: 'image', Action: 'pull', Actor: { ID: 'i', Attributes: {} } })
        yield event({ Type: 'network', Action: 'connect', Actor: { ID: 'n', Attributes: {} } })
        await aborted(signal)
        canceled.resolve()
      },
    },
  })
  const dialed = await dial()
  get(dialed, '/events?since=1.5&until=2&filters={"type":["container"]}')
  const first = await dialed.until('\n\r\n')
  assert.match(first, /\{"status":"start","id":"c","from":"debian","Type":"container","Action":"start",/)
  more.resolve()
  const rest = await dialed.until('"network"')
  assert.match(rest, /\{"status":"pull","id":"i","Type":"image","Action":"pull",/)
  assert.match(rest, /\r\n\{"Type":"network",/)
  assert.deepEqual(asked, {
    since: 1_500_000_000n,
    until: 2_000_000_000n,
    filters: new Map([['type', ['container']]]),
  })
  dialed.socket.destroy()
  await canceled.promise
})

test('the head of events goes out before the first one, and closing the server ends them', async t => {
  const { dial, close } = await serve(t, {
    system: {
      async *events({ signal }) {
        await aborted(signal)
        yield* []
      },
    },
  })
  const dialed = await dial()
  get(dialed, '/events')
  assert.match(await dialed.until('\r\n\r\n'), /^HTTP\/1.1 200 OK/)
  const closed = close(60_000)
  assert.match((await dialed.all()).toString(), /\r\n\r\n0\r\n\r\n$/)
  await closed
})

function record(stream: LogRecord['stream'], text: string): LogRecord {
  return { stream, time: '2026-01-02T03:04:05.000000006Z', data: Buffer.from(text) }
}

test('logs are framed without a terminal and raw with one, with times on demand', async t => {
  const seen: Omit<LogsOptions, 'signal'>[] = []
  let tty = false
  const { ask } = await serve(t, {
    containers: {
      logs: async (_id, { signal, ...options }) => {
        assert.ok(!signal.aborted)
        seen.push(options)
        const records = (async function* () {
          yield [record('stdout', 'out\n'), record('stderr', 'err\n')]
          yield [record('stdout', 'partial')]
        })()
        return { tty, records }
      },
    },
  })
  const framed = await ask('GET', '/containers/x/logs?stdout=1&stderr=1&tail=all')
  assert.equal(framed.headers['content-type'], 'application/vnd.docker.multiplexed-stream')
  assert.equal(framed.body, '\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n\x01\0\0\0\0\0\0\x07partial')
  assert.deepEqual(seen[0], { stdout: true, stderr: true, follow: false })
  const old = await ask('GET', '/v1.41/containers/x/logs?stdout=1')
  assert.equal(old.headers['content-type'], 'application/vnd.docker.raw-stream')
  assert.equal(old.body, framed.body)
  tty = true
  const timed = await ask('GET', '/containers/x/logs?stdout=1&timestamps=1&tail=2&since=1&until=0&follow=true')
  assert.equal(timed.headers['content-type'], 'application/vnd.docker.raw-stream')
  const time = '2026-01-02T03:04:05.000000006Z'
  assert.equal(timed.body, `${time} out\n${time} err\n${time} partial`)
  assert.deepEqual(seen[2], { stdout: true, stderr: false, follow: true, since: 1_000_000_000n, tail: 2 })
})

test('following logs ends with the client', async t => {
  const canceled = Promise.withResolvers<void>()
  const { dial } = await serve(t, {
    containers: {
      logs: async (_id, { signal }) => {
        const records = (async function* () {
          yield [record('stdout', 'now\n')]
          await aborted(signal)
          canceled.resolve()
        })()
        return { tty: true, records }
      },
    },
  })
  const dialed = await dial()
  get(dialed, '/containers/x/logs?stdout=1&follow=1')
  await dialed.until('now\n')
  dialed.socket.destroy()
  await canceled.promise
})

test('an error in the middle of a stream breaks the answer off', async t => {
  const { ask } = await serve(t, {
    containers: {
      logs: async () => {
        const records = (async function* () {
          yield [record('stdout', 'now\n')]
          throw new StrataError('internal', 'the log is gone')
        })()
        return { tty: true, records }
      },
    },
  })
  await assert.rejects(ask('GET', '/containers/x/logs?stdout=1'), { code: 'ECONNRESET' })
})

test('a system check streams its findings', async t => {
  const { ask } = await serve(t, {
    system: {
      async *check() {
        yield { status: 'problem', kind: 'layer', id: 'x', message: 'corrupt' } as const
        yield { status: 'done', checked: 1, problems: 1 } as const
      },
    },
  })
  const { status, body } = await ask('POST', '/strata/system/check')
  assert.equal(status, 200)
  assert.equal(
    body,
    '{"status":"problem","kind":"layer","id":"x","message":"corrupt"}\n{"status":"done","checked":1,"problems":1}\n',
  )
})

test('an exec is created from a checked request and inspected with its keys encoded', async t => {
  const { ask, post } = await serve(t, {
    exec: {
      create: async (id, request) => ({ Id: `${id}:${request.Cmd?.join(' ')}:${request.Tty}` }),
      inspect: async id => ({
        ID: id,
        Running: false,
        ExitCode: null,
        ProcessConfig: { tty: false, entrypoint: 'sh', arguments: [], privileged: false },
        OpenStdin: false,
        OpenStderr: true,
        OpenStdout: true,
        CanRemove: false,
        ContainerID: 'c',
        DetachKeys: 'ctrl-x,a',
        Pid: 0,
      }),
    },
  })
  const created = await post('/containers/c/exec', { Cmd: ['a', 'b'], Tty: true })
  assert.equal(created.status, 201)
  assert.equal(created.body, '{"Id":"c:a b:true"}\n')
  const message = async (body: unknown) => JSON.parse((await post('/containers/c/exec', body)).body).message
  assert.equal(await message({}), 'No exec command specified')
  assert.equal(await message({ Cmd: ['a'], DetachKeys: 'xx' }), 'Invalid escape keys (xx) provided')
  assert.match(await message({ Cmd: ['a'], Tty: 'x' }), /string into Go struct field ExecOptions.Tty of type bool$/)
  assert.equal(JSON.parse((await ask('GET', '/exec/e/json')).body).DetachKeys, 'GGE=')
})
