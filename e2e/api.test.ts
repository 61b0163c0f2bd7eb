import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import Docker from 'dockerode'
import { isolated } from './fixtures/isolation.ts'
import { eventually, startLab } from './fixtures/lab.ts'
import { rawRequest } from './fixtures/raw-http.ts'

if (await isolated(import.meta.filename)) {
  const { engine, image, ok } = await startLab()
  const socket = engine.host.slice('unix://'.length)
  const ask = (...args: Parameters<typeof rawRequest> extends [string, ...infer Rest] ? Rest : never) =>
    rawRequest(socket, ...args)

  test('what cannot be read is refused, and the engine goes on', async () => {
    const create = 'POST /v1.51/containers/create' as const
    const refusals = [
      [create, '{"Image":', /unexpected EOF/],
      [create, 'nonsense', /invalid JSON: invalid character 'o'/],
      [create, '', /EOF/],
      [create, { Image: 7 }, /cannot unmarshal number into Go struct field \.Image of type string/],
      [create, { Image: image, HostConfig: { Memory: 'much' } }, /cannot unmarshal string into Go struct field/],
      [create, { Image: image, Env: 'A=1' }, /cannot unmarshal string into Go struct field \.Env of type \[\]string/],
      [create, { Image: image, HostConfig: { PortBindings: { 'x/tcp': [{}] } } }, /invalid port specification: "x"/],
      ['GET /v1.51/containers/json?filters=nonsense', undefined, /^invalid filter$/],
      ['GET /v1.51/containers/json?filters={"color":["red"]}', undefined, /invalid filter 'color'/],
      [`POST /images/${image}/tag?repo=x@sha256:${'0'.repeat(64)}`, undefined, /^cannot import digest reference$/],
    ] as const
    for (const [target, body, message] of refusals) {
      const { status, json } = await ask(target, body)
      assert.equal(status, 400, JSON.stringify([target, body, json]))
      assert.match(json.message, message)
    }
    const plain = await ask(create, '{}', { 'Content-Type': 'text/plain' })
    assert.equal(plain.status, 400)
    assert.match(plain.json.message, /unsupported Content-Type header \(text\/plain\): must be 'application\/json'/)
    assert.equal((await ask('GET /_ping')).text, 'OK')
  })

  test('what is not there answers with Docker’s status and words', async () => {
    for (const [target, message] of [
      ['GET /containers/nobody/json', 'No such container: nobody'],
      ['POST /containers/nobody/start', 'No such container: nobody'],
      ['POST /containers/nobody/wait', 'No such container: nobody'],
      ['GET /containers/nobody/logs?stdout=1', 'No such container: nobody'],
      ['DELETE /containers/nobody', 'No such container: nobody'],
      ['POST /containers/nobody/attach?stream=1&stdout=1', 'No such container: nobody'],
      ['GET /exec/none/json', 'No such exec instance: none'],
      ['GET /images/none:none/json', 'No such image: none:none'],
      ['GET /no/such/page', 'page not found'],
      ['POST /images/nobody/tag?repo=x', 'No such image: nobody:latest'],
      ['POST /images/A/tag?repo=x', 'invalid reference format: repository name (library/A) must be lowercase'],
    ] as const) {
      const { status, json } = await ask(target)
      assert.deepEqual({ status, json }, { status: 404, json: { message } }, target)
    }
    const platform = encodeURIComponent('{"os":"linux","architecture":"s390x"}')
    const unsaved = await ask(`GET /v1.51/images/${image}/get?platform=${platform}`)
    const message = 'no suitable export target found for platform linux/s390x'
    assert.deepEqual([unsaved.status, unsaved.json], [500, { message }])
    const { status, json } = await ask('POST /containers/create', { Image: 'not/here' })
    assert.deepEqual({ status, json }, { status: 404, json: { message: 'No such image: not/here:latest' } })
  })

  test('versions: the oldest and the newest, and no others', async () => {
    for (const version of ['1.24', '1.40', '1.51']) assert.equal((await ask(`GET /v${version}/info`)).status, 200)
    const old = await ask('GET /v1.23/info')
    assert.equal(old.status, 400)
    assert.match(old.text, /client version 1.23 is too old. Minimum supported API version is 1.24/)
    const newer = await ask('GET /v1.99/info')
    assert.equal(newer.status, 400)
    assert.match(newer.json.message, /client version 1.99 is too new. Maximum supported API version is 1.51/)
    const ping = await ask('HEAD /_ping')
    assert.equal(ping.headers['api-version'], '1.51')
    assert.equal(ping.headers.ostype, 'linux')
  })

  test('an endpoint that is not there yet says which', async () => {
    const { status, json } = await ask('POST /v1.51/swarm/init', {})
    assert.equal(status, 501)
    assert.match(json.message, /POST \/swarm\/init/)
  })

  test('of many creates of one name at once, one wins', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask('POST /containers/create?name=wanted', { Image: image })),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    const lost = answers.filter(({ status }) => status !== 201)
    for (const { status, json } of lost) {
      assert.equal(status, 409)
      assert.match(json.message, /The container name "\/wanted" is already in use by container/)
    }
    const all = await ask('GET /containers/json?all=1')
    assert.equal(all.json.length, 1)
    assert.deepEqual(await readdir(join(engine.dataRoot, 'containers')), [all.json[0].Id], 'the others left nothing')
  })

  test('of many starts at once one is the start, of many removals one the removal', async () => {
    const { json } = await ask('POST /containers/create', { Image: image, Cmd: ['sleep', '1000'] })
    const starts = await Promise.all(Array.from({ length: 6 }, () => ask(`POST /containers/${json.Id}/start`)))
    assert.deepEqual(starts.map(({ status }) => status).sort(), [204, 304, 304, 304, 304, 304])
    const removals = await Promise.all(Array.from({ length: 6 }, () => ask(`DELETE /containers/${json.Id}?force=1`)))
    const statuses = removals.map(({ status }) => status)
    assert.equal(statuses.filter(status => status === 204).length >= 1, true)
    for (const status of statuses) assert.ok([204, 404, 409].includes(status), String(status))
    assert.equal((await ask(`GET /containers/${json.Id}/json`)).status, 404)
  })

  test('a stop lets a paused container go on, which is told, and an unpause has nothing to do then', async () => {
    const id = await ok('run', '-d', '--name', 'deaf', image, 'sleep', '1000')
    await ok('pause', 'deaf')
    const stopping = ask('POST /containers/deaf/stop?t=1000')
    await eventually(
      async () => (await ask('GET /containers/deaf/json')).json.State.Status as string,
      status => status === 'running',
    )
    const { status, json } = await ask('POST /containers/deaf/unpause')
    assert.deepEqual([status, json.message], [500, `Container ${id} is not paused`])
    await ok('kill', 'deaf')
    assert.equal((await stopping).status, 204)
    const told = await ok('events', '--until', '-1s', '--filter', 'container=deaf', '--format', '{{.Action}}')
    assert.deepEqual(told.split('\n').slice(-6), ['pause', 'kill', 'unpause', 'kill', 'die', 'stop'])
  })

  test('a start that is refused for what is linked gives the network back, and can be tried again', async () => {
    await ok('create', '--name', 'linked', image, 'sleep', '1000')
    const id = await ok('create', '--name', 'links', '--link', 'linked', image, 'sleep', '1000')
    for (let attempt = 0; attempt < 2; attempt++) {
      const { status, json } = await ask(`POST /containers/${id}/start`)
      assert.deepEqual([status, /Cannot link to a non running container/.test(json.message)], [500, true], json.message)
    }
    await ok('start', 'linked')
    await ok('start', 'links')
    await ok('rm', '-f', 'linked', 'links')
  })

  test('50 containers at once: every output and every exit code arrives', async () => {
    const runs = Array.from({ length: 50 }, async (_, i) => {
      const { stdout, stderr, status } = await engine.docker([
        'run',
        '--rm',
        image,
        'sh',
        '-c',
        `echo out ${i}; exit ${i}`,
      ])
      return { stdout, stderr, status }
    })
    const expected = Array.from({ length: 50 }, (_, i) => ({ stdout: `out ${i}\n`, stderr: '', status: i }))
    assert.deepEqual(await Promise.all(runs), expected)
    await eventually(
      () => ok('ps', '-aq'),
      text => text === '',
    )
  })

  test('a listener that goes away is forgotten', async () => {
    const listeners = async () => (await ask('GET /info')).json.NEventsListener as number
    assert.equal(await listeners(), 0)
    const call = request({ socketPath: socket, path: '/events', agent: false }).end()
    await once(call, 'response')
    await eventually(listeners, count => count === 1)
    call.destroy()
    await eventually(listeners, count => count === 0)
  })

  test('dockerode: pull, create, attach, start, exec, logs, wait, remove', async () => {
    const docker = new Docker({ socketPath: socket })
    assert.equal((await docker.ping()).toString(), 'OK')
    const pulled = await docker.pull(image)
    const steps = await new Promise<{ status: string }[]>((resolve, reject) => {
      docker.modem.followProgress(pulled, (error, output) => (error ? reject(error) : resolve(output)))
    })
    assert.match(steps.at(-1)!.status, /Image is up to date/)

    const container = await docker.createContainer({
      Image: image,
      name: 'from-node',
      Cmd: ['sh', '-c', 'echo out; echo err >&2; until [ -e /go ]; do usleep 10000; done; exit 6'],
      Labels: { made: 'by dockerode' },
    })
    const attached = await container.attach({ stream: true, stdout: true, stderr: true })
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    docker.modem.demuxStream(attached, stdout, stderr)
    await container.start()
    const first = (stream: PassThrough) =>
      new Promise(resolve => {
        stream.once('data', chunk => resolve(String(chunk)))
      })
    assert.deepEqual(await Promise.all([first(stdout), first(stderr)]), ['out\n', 'err\n'])

    const waiting = container.wait()
    const exec = async (...Cmd: string[]) => {
      const created = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true })
      for await (const _ of await created.start({}));
      return created.inspect()
    }
    assert.equal((await exec('sh', '-c', 'exit 3')).ExitCode, 3)
    await exec('touch', '/go')
    assert.deepEqual((await waiting).StatusCode, 6)

    const logs = await container.logs({ stdout: true, stderr: false, follow: false })
    assert.equal(logs.subarray(8).toString(), 'out\n')
    const found = await docker.listContainers({ all: true, filters: { label: ['made=by dockerode'] } })
    assert.deepEqual(
      found.map(({ Names }) => Names),
      [['/from-node']],
    )
    await container.remove()
    await assert.rejects(container.inspect(), { statusCode: 404 })
    const info = await docker.getImage(image).inspect()
    assert.deepEqual(info.RepoTags, [image])
  })
}
