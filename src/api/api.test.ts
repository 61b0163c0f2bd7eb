import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerCreateRequest } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import { endpoints } from './endpoints.ts'
import { serve } from './testdata/serve.ts'

const json = { 'content-type': 'application/json' }

test('which methods there are is not told, but asking for it is no error', async t => {
  const { ask } = await serve(t)
  for (const path of ['/v1.51/containers/json', '/nowhere']) {
    const { status, body } = await ask('OPTIONS', path)
    assert.deepEqual([status, body], [200, ''])
  }
})

test('every answer says which API is spoken, and _ping has its own headers', async t => {
  const { ask } = await serve(t)
  for (const url of ['/version', '/nowhere', '/v1.99/info', '/_ping']) {
    const { headers } = await ask('GET', url)
    assert.equal(headers['api-version'], '1.51')
    assert.equal(headers.ostype, 'linux')
    assert.equal(headers['docker-experimental'], 'false')
    assert.equal(headers.server, 'Strata/0.1.0 (linux)')
  }
  for (const [method, body] of [
    ['GET', 'OK'],
    ['HEAD', ''],
  ] as const) {
    const pong = await ask(method, '/v1.30/_ping')
    assert.equal(pong.status, 200)
    assert.equal(pong.body, body)
    assert.equal(pong.headers['builder-version'], '1')
    assert.equal(pong.headers.swarm, 'inactive')
    assert.equal(pong.headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(pong.headers['content-length'], String(body.length))
    assert.equal(pong.headers['cache-control'], 'no-cache, no-store, must-revalidate')
  }
})

test('versions 1.24 to 1.51 are spoken, others refused with the text of Docker', async t => {
  const { ask } = await serve(t)
  for (const version of ['', '/v1.24', '/v1.51']) assert.equal((await ask('GET', `${version}/version`)).status, 200)
  const old = await ask('GET', '/v1.10/version')
  assert.equal(old.status, 400)
  assert.equal(old.headers['content-type'], 'text/plain; charset=utf-8')
  assert.equal(
    old.body,
    'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n',
  )
  for (const version of ['1.51.1', '1.52', '1.99', '2.0']) {
    const refused = await ask('GET', `/v${version}/version`)
    assert.equal(refused.status, 400)
    assert.equal(
      refused.body,
      `{"message":"client version ${version} is too new. Maximum supported API version is 1.51"}\n`,
    )
  }
})

test('version tells the versions that this API speaks', async t => {
  const { ask } = await serve(t)
  const version = JSON.parse((await ask('GET', '/version')).body)
  assert.equal(version.ApiVersion, '1.51')
  assert.equal(version.MinAPIVersion, '1.24')
  assert.deepEqual(version.Components[0].Details, { ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux' })
})

test('every endpoint of the table answers, and says when it is not there yet', async t => {
  const { ask } = await serve(t)
  const absent: string[] = []
  for (const endpoint of endpoints) {
    const [method = '', path = ''] = endpoint.split(' ')
    const { status, body } = await ask(method, `/v1.51${path.replaceAll(/\{\w+\}/g, 'some')}`)
    assert.ok(body !== '{"message":"page not found"}\n', endpoint)
    if (status !== 501) continue
    absent.push(endpoint)
    const named = endpoint === 'POST /images/create' ? `${endpoint}?fromSrc` : endpoint
    if (method !== 'HEAD') assert.equal(body, `{"message":"${named} is not implemented yet"}\n`)
  }
  assert.ok(absent.includes('POST /networks/create') && absent.includes('POST /build'))
  for (const there of ['GET /containers/json', 'POST /containers/{id}/wait', 'DELETE /images/{name}', 'GET /events']) {
    assert.ok(!absent.includes(there), there)
  }
})

test('paths and methods that Docker does not have are not found', async t => {
  const { ask } = await serve(t)
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['GET', '/v1.51/nowhere'],
    ['PUT', '/containers/json'],
    ['POST', '/_ping'],
    ['GET', '/v1.abc/version'],
    ['GET', '/images/a/b'],
    ['GET', '/containers/some/attach'],
  ] as const) {
    const { status, body, headers } = await ask(method, path)
    assert.equal(status, 404)
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(body, '{"message":"page not found"}\n')
  }
})

test('a path that is not clean leads to the one that is', async t => {
  const { ask } = await serve(t)
  for (const [path, clean] of [
    ['//_ping', '/_ping'],
    ['/v1.51//images/json?all=1&x=//', '/v1.51/images/json?all=1&x=//'],
    ['/images/a/./b%3Fc%2F/../json', '/images/a/json'],
    ['/images/%2e%2e/json', '/json'],
    ['/images//a%20b%3F/json', '/images/a%20b%3F/json'],
  ] as const) {
    const { status, headers } = await ask('GET', path)
    assert.equal(status, 301, path)
    assert.equal(headers.location, clean)
  }
  assert.equal((await ask('POST', '//_ping', { headers: { connection: 'upgrade', upgrade: 'tcp' } })).status, 301)
  for (const path of ['/images/.a%2Fb/history', '/images/%zz//history']) {
    assert.notEqual((await ask('GET', path)).status, 301, path)
  }
})

test('a URL may name a thousand images', async t => {
  const asked: (readonly string[])[] = []
  const { ask } = await serve(t, {
    images: {
      save: async ({ names }) => {
        asked.push(names)
        throw new StrataError('not_found', 'none of them')
      },
    },
  })
  const names = Array.from({ length: 1000 }, (_, n) => `registry.example:5000/some/repository:${n}`)
  await ask('GET', `/images/get?${names.map(name => `names=${encodeURIComponent(name)}`).join('&')}`)
  assert.deepEqual(asked, [names])
})

test('errors become the status of their code and the message of their text', async t => {
  const codes = {
    not_found: 404,
    already_exists: 409,
    invalid_argument: 400,
    failed_precondition: 412,
    conflict: 409,
    unauthorized: 401,
    forbidden: 403,
    unavailable: 503,
    not_implemented: 501,
    canceled: 500,
    internal: 500,
  } as const
  let thrown: unknown
  const { ask } = await serve(t, {
    containers: {
      stop: async () => {
        throw thrown
      },
    },
  })
  for (const [code, status] of Object.entries(codes)) {
    thrown = new StrataError(code as keyof typeof codes, `it is "${code}"`)
    const answer = await ask('POST', '/containers/x/stop')
    assert.equal(answer.status, status)
    assert.equal(answer.body, `${JSON.stringify({ message: `it is "${code}"` })}\n`)
  }
  thrown = new StrataError('not_modified', 'not running')
  const unmodified = await ask('POST', '/containers/x/stop')
  assert.equal(unmodified.status, 304)
  assert.equal(unmodified.body, '')
  thrown = new TypeError('secret of ours')
  const bug = await ask('POST', '/containers/x/stop')
  assert.equal(bug.status, 500)
  assert.equal(bug.body, '{"message":"internal error"}\n')
})

test('names of images may contain slashes, colons and digests, encoded or not', async t => {
  const seen: string[] = []
  const { ask } = await serve(t, {
    images: {
      history: async name => {
        seen.push(name)
        return []
      },
      remove: async name => {
        seen.push(name)
        return [{ Untagged: name }]
      },
    },
  })
  const digest = `sha256:${'a'.repeat(64)}`
  await ask('GET', '/v1.51/images/127.0.0.1:5000/me/app:1/history')
  await ask('GET', '/images/127.0.0.1:5000%2Fme%2Fapp:1/history')
  await ask('GET', `/images/app@${digest}/history`)
  const removed = await ask('DELETE', '/images/me/json')
  assert.deepEqual(seen, ['127.0.0.1:5000/me/app:1', '127.0.0.1:5000/me/app:1', `app@${digest}`, 'me/json'])
  assert.equal(removed.body, '[{"Untagged":"me/json"}]\n')
})

test('names of what never has slashes in its name may contain them all the same: it is not found, not the path', async t => {
  const seen: string[] = []
  const { ask } = await serve(t, {
    containers: {
      inspect: async id => {
        seen.push(id)
        throw new StrataError('not_found', `No such container: ${id}`)
      },
    },
  })
  const answer = await ask('GET', '/v1.51/containers/127.0.0.1:5000/me/app:1/json')
  assert.deepEqual(seen, ['127.0.0.1:5000/me/app:1'])
  assert.equal(answer.status, 404)
  assert.equal(answer.body, '{"message":"No such container: 127.0.0.1:5000/me/app:1"}\n')
  assert.equal((await ask('GET', '/containers/a/b')).body, '{"message":"page not found"}\n')
  assert.match((await ask('GET', '/containers/a/attach/ws')).body, /attach\/ws is not implemented/)
})

test('a body must be JSON, whole, alone and said to be JSON', async t => {
  const { ask } = await serve(t, { containers: { create: async () => ({ Id: 'x', Warnings: [] }) } })
  const cases: [string, Record<string, string>, string][] = [
    ['{', json, 'invalid JSON: unexpected EOF'],
    ['{"Image":"a', json, 'invalid JSON: unexpected EOF'],
    ['x', json, "invalid JSON: invalid character 'x' looking for beginning of value"],
    ['', json, 'invalid JSON: got EOF while reading request body'],
    ['null', json, 'config cannot be empty in order to create a container'],
    ['{"HostConfig":{}}', json, 'config cannot be empty in order to create a container'],
    ['{} x', json, 'unexpected content after JSON'],
    ['{}{}', json, 'unexpected content after JSON'],
    ['[]', json, 'invalid JSON: json: cannot unmarshal array into Go value of type container.CreateRequest'],
    [
      '{}',
      { 'content-type': 'text/plain' },
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    ],
    ['{}', {}, 'malformed Content-Type header (): mime: no media type'],
  ]
  for (const [body, headers, message] of cases) {
    const answer = await ask('POST', '/containers/create', { headers, body })
    assert.equal(answer.status, 400)
    assert.deepEqual(JSON.parse(answer.body), { message })
  }
  const parameters = { 'content-type': 'application/json; charset=utf-8' }
  assert.equal((await ask('POST', '/containers/create', { headers: parameters, body: '{"Image":"x"}' })).status, 201)
})

test('a body that is too large is refused without breaking the answer', async t => {
  const { ask } = await serve(t)
  const body = JSON.stringify({ Image: 'x'.repeat(9 * 1024 * 1024) })
  const { status } = await ask('POST', '/containers/create', { headers: json, body })
  assert.equal(status, 400)
})

test('a create request reaches the backend whole, with what the client left out as zero values', async t => {
  const requests: ContainerCreateRequest[] = []
  const options: unknown[] = []
  const { ask, post } = await serve(t, {
    containers: {
      create: async (request, given) => {
        requests.push(request)
        options.push(given)
        return { Id: 'abc', Warnings: [] }
      },
    },
  })
  const created = await post('/v1.51/containers/create?name=web&platform=linux/arm64', {
    image: 'debian',
    Cmd: 'sh',
    Env: null,
    Unknown: 1,
    ExposedPorts: { '80/tcp': {} },
    StopTimeout: 0,
    HostConfig: { Memory: 1024, PortBindings: { '80/tcp': [{ HostPort: '8080' }] }, Binds: ['/a:/b'] },
    NetworkingConfig: { EndpointsConfig: { net: {} } },
  })
  assert.equal(created.status, 201)
  assert.equal(created.body, '{"Id":"abc","Warnings":[]}\n')
  assert.deepEqual(options[0], { name: 'web', platform: 'linux/arm64' })
  const request = requests[0]!
  assert.equal(request.Image, 'debian')
  assert.deepEqual(request.Cmd, ['sh'])
  assert.equal(request.Env, null)
  assert.equal(request.StopTimeout, 0)
  assert.equal(request.Hostname, '')
  assert.ok(!('Unknown' in request) && !('Healthcheck' in request) && !('StopSignal' in request))
  assert.deepEqual(request.HostConfig.PortBindings, { '80/tcp': [{ HostIp: '', HostPort: '8080' }] })
  assert.equal(request.HostConfig.Memory, 1024)
  assert.equal(request.HostConfig.PidsLimit, null)
  assert.deepEqual(request.HostConfig.ConsoleSize, [0, 0])
  assert.equal(request.NetworkingConfig.EndpointsConfig?.net?.MacAddress, '')

  await ask('POST', '/v1.39/containers/create', { headers: json, body: '{"Image":"debian"}' })
  assert.equal(requests[1]!.HostConfig.IpcMode, 'shareable')
  assert.equal(requests[1]!.HostConfig.CgroupnsMode, 'host')
  assert.equal(request.HostConfig.IpcMode, '')
})

test('what the API of a version had not yet, or has no more, is left out of a create request', async t => {
  const requests: ContainerCreateRequest[] = []
  const { post } = await serve(t, {
    containers: {
      create: async request => {
        requests.push(request)
        return { Id: 'abc', Warnings: ['of the engine'] }
      },
    },
  })
  const sent = {
    Image: 'debian',
    MacAddress: '02:42:ac:11:00:42',
    Healthcheck: { Interval: 5e9, StartInterval: 5e9 },
    HostConfig: { ConsoleSize: [24, 80], KernelMemory: 2 ** 26, Annotations: { a: 'b' } },
    NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:42:ac:11:00:43' } } },
  }
  const meant = async (minor: number) => {
    const { body } = await post(`/v1.${minor}/containers/create`, sent)
    const { HostConfig: host, Healthcheck: health, NetworkingConfig: networking } = requests.pop()!
    const mac = networking.EndpointsConfig?.bridge?.MacAddress
    const { Warnings: warnings } = JSON.parse(body) as { Warnings: string[] }
    return [host.ConsoleSize, host.KernelMemory, host.Annotations, health?.StartInterval, mac, warnings.length]
  }
  assert.deepEqual(await meant(41), [[0, 0], 2 ** 26, undefined, undefined, '', 1])
  assert.deepEqual(await meant(43), [[24, 80], undefined, { a: 'b' }, undefined, '', 1])
  assert.deepEqual(await meant(44), [[24, 80], undefined, { a: 'b' }, 5e9, '02:42:ac:11:00:43', 2])

  const refused = async (more: object) =>
    (JSON.parse((await post('/v1.43/containers/create', { ...sent, ...more })).body) as { message: string }).message
  const endpoints = { EndpointsConfig: { bridge: {}, none: {} } }
  assert.equal(
    await refused({ NetworkingConfig: endpoints }),
    'Container cannot be created with multiple network endpoints: bridge, none',
  )
  assert.equal(
    await refused({ HostConfig: { NetworkMode: 'host' } }),
    'conflicting options: mac-address and the network mode',
  )
})

test('values of the wrong type are refused in the words of Go', async t => {
  const { post } = await serve(t)
  const into = (what: string) => `invalid JSON: json: cannot unmarshal ${what}`
  const cases: [unknown, string][] = [
    [{ Image: 3 }, into('number into Go struct field .Image of type string')],
    [{ Env: { a: 1 } }, into('object into Go struct field .Env of type []string')],
    [{ Labels: { a: 1 } }, into('number into Go struct field .Labels.a of type string')],
    [{ Tty: 'yes' }, into('string into Go struct field .Tty of type bool')],
    [{ HostConfig: 'x' }, into('string into Go struct field .HostConfig of type container.HostConfig')],
    [{ HostConfig: { Memory: 1.5 } }, into('number 1.5 into Go struct field .HostConfig.Memory of type int64')],
    [
      { HostConfig: { BlkioWeight: 70_000 } },
      into('number 70000 into Go struct field .HostConfig.BlkioWeight of type uint16'),
    ],
    [{ HostConfig: { Binds: [1] } }, into('number into .HostConfig.Binds.0 of type string')],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } },
      into('number into Go struct field .HostConfig.PortBindings.80~1tcp.0.HostPort of type string'),
    ],
  ]
  for (const [body, message] of cases) {
    const { status, body: text } = await post('/containers/create', body)
    assert.equal(status, 400)
    assert.deepEqual(JSON.parse(text), { message })
  }
})

test('query values are checked as Docker checks them', async t => {
  const calls: unknown[][] = []
  const { ask } = await serve(t, {
    containers: {
      list: async (...args) => {
        calls.push(args)
        return []
      },
      stop: async (...args) => {
        calls.push(args)
      },
      resize: async (...args) => {
        calls.push(args)
      },
      remove: async (...args) => {
        calls.push(args)
      },
      start: async (...args) => {
        calls.push(args)
      },
    },
  })
  const message = async (method: string, url: string) => JSON.parse((await ask(method, url)).body).message
  const filters = encodeURIComponent('{"status":{"running":true},"label":["a=b"]}')
  await ask('GET', `/containers/json?all=1&limit=-1&filters=${filters}`)
  const expected = new Map([
    ['status', ['running']],
    ['label', ['a=b']],
  ])
  assert.deepEqual(calls.pop(), [{ all: true, limit: 0, size: false, filters: expected }])
  await ask('POST', '/containers/x/stop?t=5&signal=INT')
  assert.deepEqual(calls.pop(), ['x', { timeout: 5, signal: 'INT' }])
  await ask('POST', '/v1.41/containers/x/stop?signal=INT')
  assert.deepEqual(calls.pop(), ['x', {}])
  await ask('POST', '/containers/x/resize?h=10&w=20')
  assert.deepEqual(calls.pop(), ['x', { height: 10, width: 20 }])
  await ask('DELETE', '/containers/x?force=true&v=0')
  assert.deepEqual(calls.pop(), ['x', { force: true, volumes: false, link: false }])
  assert.equal(await message('GET', '/containers/json?filters=x'), 'invalid filter')
  assert.equal(await message('GET', '/containers/json?filters={"foo":["a"]}'), "invalid filter 'foo'")
  assert.equal(await message('GET', '/containers/json?limit=x'), 'strconv.Atoi: parsing "x": invalid syntax')
  assert.equal(await message('POST', '/containers/x/resize?h=x&w=1'), 'invalid resize height "x": invalid syntax')
  assert.equal(await message('POST', '/containers/x/wait?condition=foo'), 'invalid condition: "foo"')
  assert.equal(await message('GET', '/events?since=x'), 'strconv.ParseInt: parsing "x": invalid syntax')
  assert.equal(
    await message('GET', '/events?since=100&until=10'),
    '`since` time (100) cannot be after `until` time (10)',
  )
  assert.equal(await message('GET', '/containers/x/logs'), 'Bad parameters: you must choose at least one stream')
  const withBody = await ask('POST', '/containers/x/start', { headers: json, body: '{"Image":"x"}' })
  assert.equal(withBody.status, 400)
  assert.equal((await ask('POST', '/containers/x/start', { headers: json, body: '{}' })).status, 204)
})

test('older clients get the fields that their version had', async t => {
  const { ask } = await serve(t)
  const read = async (url: string) => JSON.parse((await ask('GET', url)).body)
  const [now] = await read('/v1.51/images/json')
  const [then] = await read('/v1.43/images/json')
  assert.ok(!('VirtualSize' in now))
  assert.equal(now.Containers, 1)
  assert.equal(then.VirtualSize, 123_000_000)
  assert.equal(then.Containers, -1)
  assert.deepEqual([now.RepoDigests, then.RepoDigests], [[], []])
  assert.equal((await read('/v1.42/images/json'))[0].RepoDigests, null)
  assert.deepEqual((await read('/v1.51/images/x/json')).Config, { Cmd: ['bash'] })
  const old = await read('/v1.40/images/x/json')
  assert.equal(old.Config.Hostname, '')
  assert.deepEqual(old.Config.Cmd, ['bash'])
  assert.equal(old.ContainerConfig.Cmd, null)
  assert.ok(!('Container' in old))
})
