import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeConfig, proxiesOf } from './daemon-config.ts'

test('flags win over defaults, the file too', () => {
  const config = mergeConfig(
    { 'insecure-registries': ['r:5000'], 'max-concurrent-downloads': 7 },
    { 'data-root': '/x' },
  )
  assert.equal(config.dataRoot, '/x')
  assert.equal(config.maxConcurrentDownloads, 7)
  assert.deepEqual(config.insecureRegistries, ['r:5000'])
  assert.equal(config.execRoot, '/run/strata')
})

test('bad files are refused with the key that is wrong', () => {
  assert.throws(
    () => mergeConfig({ nosuch: 1 }, {}),
    /the following directives don't match any configuration option: nosuch/,
  )
  assert.throws(() => mergeConfig({ 'max-concurrent-downloads': 'x' }, {}), /max-concurrent-downloads/)
  assert.throws(() => mergeConfig([], {}), /JSON object/)
  assert.throws(() => mergeConfig({}, { bridge: 'none' }), /invalid bridge name "none"/)
  assert.throws(
    () => mergeConfig({ 'data-root': '/a' }, { 'data-root': '/b' }),
    /both as a flag and in the configuration file/,
  )
  assert.equal(mergeConfig({ 'data-root': '/a' }, { 'data-root': '/a' }).dataRoot, '/a')
})

test('registries: mirrors, blocked ones, certificates', () => {
  const registries = { 'docker.io': { blocked: true }, 'a:5000': { mirrors: ['https://m'] } }
  const config = mergeConfig({ registries, 'registry-mirrors': ['https://n'], 'certs-dir': '/c' }, {})
  assert.deepEqual(config.registries, registries)
  assert.deepEqual(config.registryMirrors, ['https://n'])
  assert.equal(config.certsDir, '/c')
  for (const wrong of [
    [],
    { a: 1 },
    { a: { mirrors: 'https://m' } },
    { a: { blocked: 'yes' } },
    { a: { mirror: [] } },
  ]) {
    assert.throws(() => mergeConfig({ registries: wrong }, {}), /invalid value for configuration option registries/)
  }
})

test('platforms of pulls', () => {
  assert.deepEqual(mergeConfig({}, {}).pullPlatforms, [])
  assert.deepEqual(mergeConfig({ 'pull-platforms': ['all'] }, {}).pullPlatforms, ['all'])
  assert.throws(() => mergeConfig({ 'pull-platforms': ['linux/amd64', 'all'] }, {}), /"all": unknown operating system/)
})

test('proxies: the configuration goes before the environment, passwords are not told', () => {
  const file = { proxies: { 'http-proxy': 'http://a', 'no-proxy': 'x' } }
  const environment = { HTTP_PROXY: 'http://b', https_proxy: 'http://c' }
  assert.deepEqual(proxiesOf(mergeConfig(file, {}), environment), { http: 'http://a', https: 'http://c', no: 'x' })
  assert.deepEqual(proxiesOf(mergeConfig({}, { 'https-proxy': 'http://d' }), {}), { https: 'http://d' })
  assert.throws(() => mergeConfig({ proxies: { 'ftp-proxy': '' } }, {}), /any configuration option: ftp-proxy/)
  assert.throws(() => mergeConfig({ 'http-proxy': 'http://a' }, {}), /any configuration option: http-proxy/)
  assert.throws(() => mergeConfig({ proxies: 'http://a' }, {}), /invalid value for configuration option proxies/)
  assert.throws(
    () => mergeConfig({ proxies: { 'http-proxy': 'http://me:secret@a' } }, { 'http-proxy': 'http://me:secret@b' }),
    /http-proxy: \(from flag: http:\/\/xxxxx:xxxxx@b, from file: http:\/\/xxxxx:xxxxx@a\)/,
  )
})

test('values of the right type that can not be followed are refused in the words of Docker', () => {
  const refused: readonly (readonly [file: unknown, text: string])[] = [
    [
      { 'registry-mirrors': 'https://m' },
      'invalid value for configuration option registry-mirrors: must be a list of strings',
    ],
    [
      { 'max-concurrent-uploads': -1 },
      'invalid value for configuration option max-concurrent-uploads: must be a whole number that is not negative',
    ],
    [{ 'log-level': 'loud' }, 'invalid logging level: loud'],
    [{ dns: ['one.example'] }, 'invalid IP address: one.example'],
    [{ labels: ['a'] }, 'bad attribute format: a'],
    [{ labels: ['a=1', 'b', 'a=2'] }, 'bad attribute format: b'],
    [{ labels: ['a=1', 'a=2'] }, 'conflict labels for a=2 and a=1'],
    [{ 'default-runtime': 'none' }, "specified default runtime 'none' does not exist"],
    [{ 'max-download-attempts': 0 }, 'invalid max download attempts: 0'],
    [{ 'max-upload-attempts': 0 }, 'invalid max upload attempts: 0'],
  ]
  for (const [file, message] of refused) {
    assert.throws(() => mergeConfig(file, {}), { code: 'invalid_argument', message })
  }
  mergeConfig(
    { labels: ['a=1', 'a=1', 'b='], 'default-runtime': 'own', runtimes: { own: { path: '/own' } }, dns: ['::1'] },
    {},
  )
})
