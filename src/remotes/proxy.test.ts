import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { createProxyOf, maskProxy } from './proxy.ts'

const proxies = { http: 'http://plain.example:3128', https: 'secure.example:3129' }

test('the proxy follows the scheme; loopback is asked directly', () => {
  const proxyOf = createProxyOf(proxies)
  assert.equal(proxyOf(new URL('http://r.example/v2/'))?.host, 'plain.example:3128')
  assert.equal(proxyOf(new URL('https://r.example/v2/'))?.origin, 'http://secure.example:3129')
  for (const host of ['localhost:5000', '127.0.0.1', '127.8.9.1:5000', '[::1]:5000']) {
    assert.equal(proxyOf(new URL(`https://${host}/v2/`)), undefined, host)
  }
  assert.equal(createProxyOf({ https: 'a:1' })(new URL('http://r.example/')), undefined)
})

const exemptions: readonly (readonly [no: string, host: string, direct: boolean])[] = [
  ['r.example', 'r.example', true],
  ['r.example', 'R.EXAMPLE:5000', true],
  ['r.example', 'a.r.example', true],
  ['r.example', 'ar.example', false],
  ['.r.example', 'a.r.example', true],
  ['.r.example', 'r.example', false],
  ['*.r.example', 'a.b.r.example', true],
  ['*.r.example', 'r.example', false],
  ['r.example:5000', 'r.example:5000', true],
  ['r.example:5000', 'r.example', false],
  ['r.example:443', 'r.example', true],
  ['10.1.2.3', '10.1.2.3:5000', true],
  ['10.1.2.3:5000', '10.1.2.3:5000', true],
  ['10.0.0.0/8', '10.9.9.9', true],
  ['10.0.0.0/8', '11.9.9.9', false],
  ['10.0.0.0/8', 'r.example', false],
  ['fd00::/8', '[fd00::1]:5000', true],
  ['fd00::1', '[fd00::1]:5000', true],
  ['x, *', 'r.example', true],
  ['', 'r.example', false],
  ['10.0.0.0/99,,//,:', '10.9.9.9', false],
]
for (const [no, host, direct] of exemptions) {
  test(`no-proxy "${no}": ${host} is asked ${direct ? 'directly' : 'by the proxy'}`, () => {
    assert.equal(createProxyOf({ ...proxies, no })(new URL(`https://${host}/`)) === undefined, direct)
  })
}

test('any list of exemptions is read', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a1.:/*[]@, %') }), no => {
      createProxyOf({ ...proxies, no })(new URL('https://r.example/'))
    }),
  )
})

test('what is no proxy is refused, without its text', () => {
  for (const http of ['socks5://me:secret@a', 'http://', 'http://me:secret@a:x']) {
    assert.throws(
      () => createProxyOf({ http }),
      error => isStrataError(error, 'invalid_argument') && !error.message.includes('secret'),
    )
  }
})

test('user and password of a proxy are never shown', () => {
  assert.equal(maskProxy('http://me:secret@a:1'), 'http://xxxxx:xxxxx@a:1')
  assert.equal(maskProxy('http://me:secret@a:1/'), 'http://xxxxx:xxxxx@a:1/')
  assert.equal(maskProxy('http://a:1'), 'http://a:1')
  assert.equal(maskProxy('me:secret@a:1'), 'xxxxx:xxxxx@a:1')
  assert.equal(maskProxy(''), '')
})
