import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { duplexPair } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { frame } from './attach-stream.ts'
import { inspection } from './testdata/fake-backends.ts'
import { type Served, serve, temporaryFolder } from './testdata/serve.ts'

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function docker(t: TestContext, served: Served, args: readonly string[], input = ''): Promise<Ran> {
  const config = await temporaryFolder(t)
  const { promise, resolve } = Promise.withResolvers<Ran>()
  const flags = ['--config', config, '--host', `unix://${served.path}`]
  const child = execFile('docker', [...flags, ...args], { timeout: 15_000 }, (error, stdout, stderr) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
  })
  child.stdin?.end(input)
  return promise
}

test('the docker CLI negotiates its version, and shows what the engine says', async t => {
  const served = await serve(t)
  const version = await docker(t, served, ['version', '--format', '{{.Server.Version}} {{.Client.APIVersion}}'])
  assert.match(version.stdout, /^0\.1\.0 1\.\d+\n$/)
  const info = await docker(t, served, ['info'])
  assert.equal(info.code, 0)
  assert.match(info.stdout, /Storage Driver: erofs\n/)
  const ps = await docker(t, served, ['ps', '--format', '{{.Names}} {{.Ports}} {{.Status}}'])
  assert.equal(ps.stdout, 'web 0.0.0.0:8080->80/tcp Up 5 minutes\n')
  const images = await docker(t, served, ['images', '--format', '{{.Repository}}:{{.Tag}} {{.Size}}'])
  assert.equal(images.stdout, 'debian:bookworm 123MB\n')
})

test('the docker CLI is told what is not there yet', async t => {
  const served = await serve(t)
  for (const [args, endpoint] of [
    [['network', 'create', 'x'], 'POST /networks/create'],
    [['container', 'update', '--memory', '9m', 'x'], 'POST /containers/{id}/update'],
  ] as const) {
    const { code, stderr } = await docker(t, served, args)
    assert.equal(code, 1)
    assert.equal(stderr, `Error response from daemon: ${endpoint} is not implemented yet\n`)
  }
})

test('docker run: attach, wait, start, output of both streams, exit code', async t => {
  const [outer, inner] = duplexPair()
  const exited = Promise.withResolvers<void>()
  const order: string[] = []
  const served = await serve(t, {
    containers: {
      create: async ({ Image, Cmd, OpenStdin, StdinOnce }) => {
        order.push(`create ${Image} ${Cmd?.join(' ')} ${OpenStdin} ${StdinOnce}`)
        return { Id: 'c'.repeat(64), Warnings: [] }
      },
      attach: async () => {
        order.push('attach')
        return { tty: false, stdinOnce: true, connect: async () => outer }
      },
      wait: async (_id, condition) => {
        order.push(`wait ${condition}`)
        return { exit: exited.promise.then(() => ({ StatusCode: 7 })) }
      },
      start: async () => {
        order.push('start')
        let input = ''
        inner.on('data', (chunk: Buffer) => {
          input += chunk
        })
        inner.once('end', () => {
          inner.write(frame('stdout', Buffer.from(`read ${input}`)))
          inner.end(frame('stderr', Buffer.from('complained\n')))
          exited.resolve()
        })
      },
    },
  })
  const ran = await docker(t, served, ['run', '--rm', '-i', 'debian', 'cat', '-'], 'some input\n')
  assert.deepEqual(ran, { code: 7, stdout: 'read some input\n', stderr: 'complained\n' })
  assert.deepEqual(order, ['create debian cat - true true', 'attach', 'wait removed', 'start'])
})

test('docker pull, logs, exec and stop', async t => {
  const [outer, inner] = duplexPair()
  const stopped: unknown[] = []
  const served = await serve(t, {
    images: {
      pull: async ({ progress, reference }) => {
        progress({ status: `Pulling from ${reference}`, id: 'latest' })
        progress({ status: 'Status: Image is up to date for debian:latest' })
      },
    },
    containers: {
      inspect: async () => inspection(false),
      logs: async () => ({
        tty: false,
        records: (async function* () {
          yield [{ stream: 'stderr' as const, time: '', data: Buffer.from('logged\n') }]
        })(),
      }),
      stop: async (...args) => {
        stopped.push(args)
      },
    },
    exec: {
      create: async () => ({ Id: 'e' }),
      attach: async () => ({ tty: false, stdinOnce: true, connect: async () => outer }),
      inspect: async () => ({ Running: false, ExitCode: 5, DetachKeys: '' }) as never,
    },
  })
  const pull = await docker(t, served, ['pull', 'debian'])
  assert.match(
    pull.stdout,
    /latest: Pulling from docker\.io\/library\/debian:latest\nStatus: Image is up to date for debian:latest\n/,
  )
  const logs = await docker(t, served, ['logs', 'web'])
  assert.deepEqual(logs, { code: 0, stdout: '', stderr: 'logged\n' })
  inner.end(frame('stdout', Buffer.from('ran\n')))
  const exec = await docker(t, served, ['exec', 'web', 'true'])
  assert.deepEqual(exec, { code: 5, stdout: 'ran\n', stderr: '' })
  await docker(t, served, ['stop', '-t', '3', 'web'])
  assert.deepEqual(stopped, [['web', { timeout: 3 }]])
})
