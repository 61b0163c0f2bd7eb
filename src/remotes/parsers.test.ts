import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from './challenge.ts'
import { insecureRegistries } from './insecure.ts'
import { redactUrl } from './redact.ts'
import { parseProblem, parseRetryAfter } from './registry-error.ts'

const plain = (header: string | string[]) =>
  parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } }))

test('challenges: quoted values, escapes, several on a line and over lines, token68', () => {
  assert.deepEqual(plain('Bearer realm="https://auth.test/token",service="a, b",scope="repository:x:pull,push"'), [
    {
      scheme: 'bearer',
      parameters: { realm: 'https://auth.test/token', service: 'a, b', scope: 'repository:x:pull,push' },
    },
  ])
  assert.deepEqual(plain('BASIC realm="say \\"hi\\"" , Bearer  Realm = tok , x=y'), [
    { scheme: 'basic', parameters: { realm: 'say "hi"' } },
    { scheme: 'bearer', parameters: { realm: 'tok', x: 'y' } },
  ])
  assert.deepEqual(plain(['Negotiate YWJjZA==, Basic realm="a"', 'Bearer']), [
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'basic', parameters: { realm: 'a' } },
    { scheme: 'bearer', parameters: {} },
  ])
  assert.deepEqual(parseChallenges(undefined), [])
})

test('challenges: what was written is read back, and no text throws', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
  fc.assert(
    fc.property(
      token,
      fc.dictionary(token, fc.string({ unit: 'grapheme-ascii' }), { minKeys: 1 }),
      (scheme, parameters) => {
        const quoted = Object.entries(parameters).map(
          ([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`,
        )
        assert.deepEqual(plain(`${scheme} ${quoted.join(', ')}`), [{ scheme, parameters: { ...parameters } }])
      },
    ),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => Array.isArray(parseChallenges(text))))
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '=', ',', ' ', '"', '\\', 'Bearer', '/'), { maxLength: 40 }), parts =>
      Array.isArray(parseChallenges(parts.join(''))),
    ),
  )
})

test('error bodies of every shape', () => {
  assert.deepEqual(parseProblem('{"errors":[{"code":"DENIED","message":"no"}]}', 'UNKNOWN'), {
    code: 'DENIED',
    message: 'no',
  })
  assert.deepEqual(parseProblem('{"errors":[{"code":7}]}', 'DENIED'), { code: 'DENIED', message: '' })
  assert.deepEqual(parseProblem('{"details":"wrong password"}', 'UNAUTHORIZED'), {
    code: 'UNAUTHORIZED',
    message: 'wrong password',
  })
  assert.deepEqual(parseProblem('a\u001b[31mb\n', 'X'), { code: 'X', message: 'a [31mb' })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => typeof parseProblem(text, 'X').message === 'string'))
})

test('Retry-After in seconds and as a date', () => {
  assert.equal(parseRetryAfter('2'), 2000)
  assert.equal(parseRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4_000), 6_000)
  assert.equal(parseRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 40_000), 0)
  assert.equal(parseRetryAfter('soon'), undefined)
  assert.equal(parseRetryAfter(undefined), undefined)
})

test('redacted URLs hold no secret', () => {
  assert.equal(
    redactUrl('https://u:p@h.test:5/a/b?X-Amz-Signature=abc&service=s#frag'),
    'https://h.test:5/a/b?X-Amz-Signature=REDACTED&service=s',
  )
  assert.equal(redactUrl('not a url with s3cret'), 'REDACTED')
})

test('loopback and listed registries are insecure, by name, port and network', async () => {
  const entries = [
    'registry.test:5000',
    'any.test',
    'HTTP://schemed.test:5000',
    'Tls.test:443',
    '10.0.0.0/8',
    'fd00::/8',
  ]
  const addresses: Readonly<Record<string, readonly string[]>> = {
    'near.test': ['192.0.2.1', '127.0.0.1'],
    'inner.test': ['10.9.9.9'],
    'inner6.test': ['fd00::9'],
    'outer.test': ['192.0.2.1', '2001:db8::1'],
  }
  const asked: string[] = []
  let now = 0
  const find = async (name: string) => {
    asked.push(name)
    return addresses[name] ?? []
  }
  const isInsecure = insecureRegistries(entries, { find, now: () => now })
  const answers: [string, boolean][] = [
    ['127.0.0.1:5000', true],
    ['127.9.9.9', true],
    ['[::1]:5000', true],
    ['localhost', true],
    ['localhost:5000', true],
    ['registry.test:5000', true],
    ['registry.test:5001', false],
    ['any.test', true],
    ['any.test:443', true],
    ['any.test:77', false],
    ['tls.test', true],
    ['tls.test:443', true],
    ['tls.test:80', false],
    ['schemed.test:5000', true],
    ['schemed.test', false],
    ['10.1.2.3:5000', true],
    ['[fd00::1]', true],
    ['11.1.2.3', false],
    ['near.test:5000', true],
    ['inner.test:5000', true],
    ['inner6.test', true],
    ['outer.test', false],
    ['unknown.test', false],
  ]
  for (const [domain, expected] of answers) assert.equal(await isInsecure(domain), expected, domain)
  const before = asked.length
  assert.equal(await isInsecure('outer.test:5000'), false)
  assert.equal(asked.length, before, 'a name is not looked up for each request')
  now = 60_000
  assert.equal(await isInsecure('outer.test:5000'), false)
  assert.deepEqual(asked.slice(before), ['outer.test'])
  for (const [bad, problem] of [
    ['10.0.0.0/33', 'invalid host "10.0.0.0/33"'],
    ['x/8', 'invalid host "x/8"'],
    ['10.0.0.0/', 'invalid host "10.0.0.0/"'],
    ['::1/129', 'invalid host "::1/129"'],
    ['a b', 'invalid host "a b"'],
    ['', 'invalid host ""'],
    ['ftp://x', 'invalid host "ftp://x"'],
    ['x:65536', 'invalid port "65536"'],
  ] as const) {
    const message = `insecure registry ${bad} is not valid: ${problem}`
    assert.throws(() => insecureRegistries([bad]), { code: 'invalid_argument', message })
  }
})
