import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceURL } from './source-url.ts'

test('a URL may leave out how it is asked for', () => {
  assert.equal(sourceURL('example.com:81/a.tar?b').href, 'http://example.com:81/a.tar?b')
  assert.equal(sourceURL('https://u:p@[::1]:82/').href, 'https://u:p@[::1]:82/')
  assert.equal(sourceURL('ftp://example.com/a').protocol, 'ftp:')
})

const refused: Readonly<Record<string, string>> = {
  '': 'Get "http:": http: no Host in request URL',
  '/etc/passwd': 'Get "http:///etc/passwd": http: no Host in request URL',
  'x:99999/y': 'Get "http://x:99999/y": dial tcp: address 99999: invalid port',
  'x:y': 'parse "http://x:y": invalid port ":y" after host',
  'http://[::1/x': `parse "http://[::1/x": missing ']' in host`,
  '%zz': 'parse "http://%zz": invalid URL escape "%zz"',
  'x/%1': 'parse "http://x/%1": invalid URL escape "%1"',
}
for (const [text, message] of Object.entries(refused)) {
  test(`${JSON.stringify(text)} is refused`, () => {
    const code = message.startsWith('parse') ? 'invalid_argument' : 'internal'
    assert.throws(() => sourceURL(text), { code, message })
  })
}
