import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createResolver, type ResolverOptions } from './resolver.ts'
import { type Intercept, sendError, sendJson, TestRegistry } from './testdata/registry.ts'

const { signal } = new AbortController()
const right = { username: 'me', password: 'se cret' }
const basic = `Basic ${Buffer.from('me:se cret').toString('base64')}`

async function setUp(t: TestContext, intercept?: Intercept, options: Partial<ResolverOptions> = {}) {
  const registry = await new TestRegistry().start()
  registry.intercept = intercept
  const resolver = createResolver({ userAgent: 'strata/test', retryPause: 1, idleTimeout: 5_000, ...options })
  t.after(async () => {
    await resolver[Symbol.asyncDispose]()
    await registry.stop()
  })
  return { registry, resolver, domain: registry.host }
}

test('login by Basic: right, wrong, none; a registry that asks for nothing takes anybody', async t => {
  const { registry, resolver, domain } = await setUp(t, (request, response) => {
    if (request.headers.authorization === basic) return false
    response.setHeader('www-authenticate', 'Basic realm="x"')
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  })
  assert.deepEqual(await resolver.login({ domain, credentials: right, signal }), {})
  await assert.rejects(resolver.login({ domain, credentials: { ...right, password: 'wrong' }, signal }), {
    code: 'unavailable',
    message: `login attempt to ${registry.url}/v2/ failed with status: 401 Unauthorized`,
  })
  await assert.rejects(resolver.login({ domain, signal }), {
    message: `Get "${registry.url}/v2/": no basic auth credentials`,
  })
  registry.intercept = undefined
  assert.deepEqual(await resolver.login({ domain, credentials: right, signal }), {})
  registry.intercept = (_request, response) => {
    response.writeHead(404).end()
    return true
  }
  await assert.rejects(resolver.login({ domain, credentials: right, signal }), {
    message: `login attempt to ${registry.url}/v2/ failed with status: 404 Not Found`,
  })
})

test('login by token: the password goes to the realm, a refresh token comes back and serves instead', async t => {
  let asked: { method: string; query: URLSearchParams; form: URLSearchParams; authorization: string | undefined }[] = []
  let oauthOnly = false
  const { registry, resolver, domain } = await setUp(t, async (request, response, path) => {
    if (!path.startsWith('/token')) {
      if (request.headers.authorization === 'Bearer good') return false
      response.setHeader('www-authenticate', `Bearer realm="${registry.url}/token",service="r"`)
      sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
      return true
    }
    const method = request.method ?? ''
    const query = new URL(request.url ?? '', registry.url).searchParams
    const form = new URLSearchParams(await text(request))
    const { authorization } = request.headers
    asked.push({ method, query, form, authorization })
    const granted = {
      GET: authorization === basic,
      POST: form.get('password') === right.password || form.get('refresh_token') === 'kept',
    }[method]
    if (oauthOnly && method === 'GET') response.writeHead(405).end()
    else if (!granted) sendJson(response, 401, { details: 'incorrect username or password' })
    else sendJson(response, 200, { access_token: 'good', refresh_token: 'kept' })
    return true
  })
  assert.deepEqual(await resolver.login({ domain, credentials: right, signal }), { identityToken: 'kept' })
  assert.deepEqual(Object.fromEntries(asked[0]!.query), {
    service: 'r',
    account: 'me',
    client_id: 'docker',
    offline_token: 'true',
  })
  asked = []
  assert.deepEqual(await resolver.login({ domain, credentials: { identityToken: 'kept' }, signal }), {
    identityToken: 'kept',
  })
  assert.deepEqual(
    asked.map(({ method, authorization }) => [method, authorization]),
    [['POST', undefined]],
  )
  assert.equal(asked[0]!.form.get('grant_type'), 'refresh_token')
  for (const credentials of [{ ...right, password: 'wrong' }, { identityToken: 'old' }, {}]) {
    await assert.rejects(resolver.login({ domain, credentials, signal }), {
      code: 'unauthorized',
      message: `Get "${registry.url}/v2/": unauthorized: incorrect username or password`,
    })
  }
  oauthOnly = true
  asked = []
  assert.deepEqual(await resolver.login({ domain, credentials: right, signal }), { identityToken: 'kept' })
  const [, { form } = { form: new URLSearchParams() }] = asked
  assert.deepEqual(Object.fromEntries(form), {
    grant_type: 'password',
    username: 'me',
    password: 'se cret',
    client_id: 'docker',
    scope: '',
    service: 'r',
    access_type: 'offline',
  })
})

test('odd tokens serve, and what is none is told in the words of Docker', async t => {
  let answer = ''
  const { registry, resolver, domain } = await setUp(t, (request, response, path) => {
    if (path.startsWith('/token')) response.end(answer)
    else if (request.headers.authorization === 'Bearer good') return false
    else {
      const bearer = 'Bearer realm="/token",service="r"'
      const both = ['Basic realm="x"', bearer]
      response.writeHead(401, { 'www-authenticate': registry.requests.length % 2 ? both : both.toReversed() }).end()
    }
    return true
  })
  const login = () => resolver.login({ domain, credentials: right, signal })
  for (const odd of [
    { access_token: 'good' },
    { token: 'other', access_token: 'good' },
    { token: 'good', access_token: '' },
    { token: 'good', expires_in: 0, issued_at: 'yesterday' },
    { token: 'good', expires_in: '60' },
    { token: 'good', refresh_token: null },
  ]) {
    answer = JSON.stringify(odd)
    assert.deepEqual(await login(), {}, answer)
  }
  const none = 'authorization server did not include a token in the response'
  const undecoded = 'unable to decode token response: '
  for (const [text, problem] of [
    ['{}', none],
    ['null', none],
    ['{"token":null}', none],
    ['', `${undecoded}EOF`],
    ['{"token":"go', `${undecoded}unexpected EOF`],
    ['<html>', `${undecoded}invalid character '<' looking for beginning of value`],
    ['[]', `${undecoded}json: cannot unmarshal array into Go value of type auth.getTokenResponse`],
    [
      '{"token":5}',
      `${undecoded}json: cannot unmarshal number into Go struct field getTokenResponse.token of type string`,
    ],
  ] as const) {
    answer = text
    await assert.rejects(login(), { code: 'unavailable', message: `Get "${registry.url}/v2/": ${problem}` }, text)
  }
})

test('login and search never go to a mirror, and blocked registries are asked nothing', async t => {
  const registries: Record<string, { mirrors?: string[]; blocked?: boolean }> = {
    'blocked.example': { blocked: true },
  }
  const mirror = await new TestRegistry().start()
  t.after(() => mirror.stop())
  const { registry } = await setUp(t)
  registries[registry.host] = { mirrors: [mirror.url] }
  const { resolver } = await setUp(t, undefined, { registries })
  await resolver.login({ domain: registry.host, credentials: right, signal })
  await assert.rejects(resolver.search({ term: `${registry.host}/x`, limit: 0, signal }))
  assert.deepEqual(mirror.requests, [])
  const blocked = { code: 'forbidden', message: 'registry blocked.example is blocked by the configuration' }
  await assert.rejects(resolver.login({ domain: 'blocked.example', signal }), blocked)
  await assert.rejects(resolver.search({ term: 'blocked.example/x', limit: 0, signal }), blocked)
})

test('settings of registries can be other ones from a moment on; wrong ones change nothing', async t => {
  const { registry, resolver, domain } = await setUp(t, (request, response) => {
    if (!request.url?.endsWith('/tags/list')) return false
    sendJson(response, 200, { tags: ['a'] })
    return true
  })
  const list = () => resolver.tags({ domain, path: 'app' }, { signal })
  assert.deepEqual(await list(), ['a'])
  resolver.configure({ registries: { [domain]: { blocked: true } } })
  const asked = registry.requests.length
  const blocked = { code: 'forbidden', message: `registry ${domain} is blocked by the configuration` }
  await assert.rejects(list(), blocked)
  await assert.rejects(resolver.login({ domain, signal }), blocked)
  assert.throws(() => resolver.configure({ mirrors: ['nothing'] }), { code: 'invalid_argument' })
  await assert.rejects(list(), blocked)
  assert.equal(registry.requests.length, asked)
  resolver.configure({})
  assert.deepEqual(await list(), ['a'])
})

test('search: what is asked, what comes of odd answers', async t => {
  const results: unknown[] = [
    { name: 'a', description: 'A', star_count: 3, is_official: true },
    { Name: 'b', description: null, star_count: -1 },
    null,
  ]
  const { registry, resolver, domain } = await setUp(t, (request, response, path) => {
    if (path.startsWith('/v1/search?q=ok')) sendJson(response, 200, { results })
    else if (path.startsWith('/v1/search?q=none')) sendJson(response, 200, {})
    else if (path.startsWith('/v1/search?q=text')) sendJson(response, 200, { results: 'x' })
    else if (path.startsWith('/v1/search?q=stars')) sendJson(response, 200, { results: [{ star_count: 5.5 }] })
    else if (path.startsWith('/v1/search?q=list')) sendJson(response, 200, [])
    else if (path.startsWith('/v1/search?q=rest')) response.writeHead(200).end('{} x')
    else if (path.startsWith('/v1/search?q=cut')) response.writeHead(200).end('{"results":[')
    else if (path.startsWith('/v1/search?q=html')) response.writeHead(200).end('<html>')
    else if (path.startsWith('/v1/search?q=empty')) response.writeHead(200).end()
    else response.writeHead(request.url === '/v1/_ping' ? 404 : 403).end()
    return true
  })
  const find = (words: string, limit = 0) =>
    resolver.search({ term: `${domain}/${words}`, limit, credentials: right, signal })
  assert.deepEqual(await find('ok & well'), [
    { name: 'a', description: 'A', stars: 3, official: true },
    { name: 'b', description: '', stars: -1, official: false },
    { name: '', description: '', stars: 0, official: false },
  ])
  const { path, authorization } = registry.requests.at(-1)!
  assert.equal(path, '/v1/search?q=ok+&+well&n=25')
  assert.equal(authorization, basic)
  assert.deepEqual(await find('none', 100), [])
  assert.deepEqual(await find('rest'), [])
  for (const [words, problem] of [
    [
      'text',
      'json: cannot unmarshal string into Go struct field SearchResults.results of type []registry.SearchResult',
    ],
    ['stars', 'json: cannot unmarshal number 5.5 into Go struct field SearchResults.results.0.star_count of type int'],
    ['list', 'json: cannot unmarshal array into Go value of type registry.SearchResults'],
    ['cut', 'unexpected EOF'],
    ['html', "invalid character '<' looking for beginning of value"],
    ['empty', 'EOF'],
  ]) {
    await assert.rejects(find(words!), { message: `error decoding registry search results: ${problem}` })
  }
  await assert.rejects(find('no'), { code: 'unavailable', message: 'Unexpected status code 403' })
  await assert.rejects(find('ok', 101), {
    code: 'invalid_argument',
    message: 'limit 101 is outside the range of [1, 100]',
  })
  await assert.rejects(resolver.search({ term: 'http://a/b', limit: 0, signal }), {
    message: 'invalid repository name: repository name (http://a/b) should not have a scheme',
  })
})

test('an identity token is given to the realm, for a token that lets search', async t => {
  let asked = ''
  const { registry, resolver, domain } = await setUp(t, async (request, response, path) => {
    if (path === '/token') {
      asked = await text(request)
      sendJson(response, 200, { access_token: 'found' })
    } else if (path === '/v2/') {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token",service="r"' }).end()
    } else sendJson(response, 200, { results: [] })
    return true
  })
  const credentials = { username: 'me', identityToken: 'kept' }
  assert.deepEqual(await resolver.search({ term: `${domain}/x`, limit: 0, credentials, signal }), [])
  assert.equal(registry.requests.at(-1)?.authorization, 'Bearer found')
  const form = Object.fromEntries(new URLSearchParams(asked))
  const { grant_type, refresh_token, scope } = form
  assert.deepEqual([grant_type, refresh_token, scope], ['refresh_token', 'kept', 'registry:catalog:search'])
})

test('tags come over all pages, in their order, those at other hosts without credentials', async t => {
  const other = await new TestRegistry().start()
  t.after(() => other.stop())
  other.intercept = (_request, response) => {
    sendJson(response, 200, { tags: ['there'] })
    return true
  }
  const next = (target: string) => `<${target}>; rel="next"`
  const pages: Record<string, [tags: unknown, link?: string]> = {
    '': [['c', 'a'], next('/v2/app/tags/list?last=a&n=2')],
    a: [['b'], '<tags/list?last=x>; rel="other", <list?last=b>; rel=next'],
    b: [null],
    away: [['x'], next(`${other.url}/v2/app/tags/list`)],
    loop: [['x'], next('list?last=loop')],
    circle: [['x'], next('list?last=half')],
    half: [['x'], next('list?last=circle')],
    ftp: [['x'], next('ftp://elsewhere/tags')],
    bad: [[7]],
    text: ['x'],
  }
  let start = ''
  const { registry, resolver, domain } = await setUp(t, (request, response) => {
    const url = new URL(request.url ?? '', registry.url)
    if (!url.pathname.endsWith('/tags/list')) return false
    if (request.headers.authorization !== basic) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return true
    }
    const [tags, link] = pages[url.searchParams.get('last') ?? start]!
    sendJson(response, 200, { name: 'app', tags }, link ? { link } : {})
    return true
  })
  const list = () => resolver.tags({ domain, path: 'app' }, { credentials: right, signal })
  assert.deepEqual(await list(), ['c', 'a', 'b'])
  start = 'away'
  assert.deepEqual(await list(), ['x', 'there'])
  assert.equal(other.requests[0]?.authorization, undefined)
  for (const [page, message] of Object.entries({
    loop: 'the list of tags of the registry does not end',
    circle: 'the list of tags of the registry does not end',
    ftp: 'Get "ftp://elsewhere/tags": unsupported protocol scheme "ftp"',
    bad: 'json: cannot unmarshal number into .tags.0 of type string',
    text: 'json: cannot unmarshal string into Go struct field .tags of type []string',
  })) {
    start = page
    await assert.rejects(list(), { code: 'unavailable', message }, page)
  }
  await assert.rejects(resolver.tags({ domain, path: 'none' }, { credentials: right, signal }), /./)
})

test('of 200 pages of tags only those that fail are asked for again', async t => {
  const asked: number[] = []
  const { registry, resolver, domain } = await setUp(t, (request, response) => {
    const url = new URL(request.url ?? '', registry.url)
    if (!url.pathname.endsWith('/tags/list')) return false
    const page = Number(url.searchParams.get('page'))
    asked.push(page)
    const isGone = page % 10 === 5 && asked.at(-2) !== page
    if (isGone || asked.length > 300) response.writeHead(503).end()
    else
      sendJson(response, 200, { tags: [`t${page}`] }, page < 199 ? { link: `<list?page=${page + 1}>; rel="next"` } : {})
    return true
  })
  const tags = await resolver.tags({ domain, path: 'app' }, { signal })
  assert.deepEqual(
    tags,
    Array.from({ length: 200 }, (_, page) => `t${page}`),
  )
  assert.equal(asked.length, 220)
  asked.length = 300
  await assert.rejects(resolver.tags({ domain, path: 'app' }, { signal }), {
    message: 'received unexpected HTTP status: 503 Service Unavailable',
  })
})

test('clocks that disagree: a token that is over already serves until the registry refuses it, then a new one is asked for', async t => {
  let issued = 0
  let valid = ''
  const { registry, resolver, domain } = await setUp(t, (request, response, path) => {
    if (path.startsWith('/token')) {
      valid = `t${++issued}`
      const times = [
        { expires_in: -5, issued_at: '1999-01-01T00:00:00Z' },
        { expires_in: 0, issued_at: '2999-01-01T00:00:00Z' },
      ]
      sendJson(response, 200, { token: valid, ...times[issued % 2] })
      return true
    }
    if (request.headers.authorization === `Bearer ${valid}`) {
      if (!path.includes('/tags/list')) return false
      sendJson(response, 200, { tags: ['a'] })
      return true
    }
    response.setHeader('www-authenticate', `Bearer realm="${registry.url}/token",service="r"`)
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
    return true
  })
  const list = () => resolver.tags({ domain, path: 'app' }, { signal })
  for (let round = 1; round <= 3; round++) {
    assert.deepEqual(await list(), ['a'])
    assert.deepEqual(await list(), ['a'])
    assert.equal(issued, round)
    valid = 'none of those that were given'
  }
})
