import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStrataError } from '../std/index.ts'
import { createRegistryDirectory, type RegistryDirectoryOptions } from './endpoint.ts'

/** The URLs that a domain is read from, in order; `!` for those whose certificate need not be good, `m ` for mirrors. */
async function order(options: RegistryDirectoryOptions, domain: string): Promise<string[]> {
  const sources = await createRegistryDirectory(options).sources(domain)
  return sources.flatMap(({ mirror, endpoints }) =>
    endpoints.map(({ origin, prefix, verify }) => `${mirror ? 'm ' : ''}${origin}${prefix}/v2/${verify ? '' : '!'}`),
  )
}

test('mirrors of docker.io come first, in their order, and of no other registry', async () => {
  const options = { mirrors: ['https://one.example/', 'http://127.0.0.1:5001', 'https://two.example/hub/'] }
  const expected = [
    'm https://one.example/v2/',
    'm http://127.0.0.1:5001/v2/!',
    'm https://two.example/hub/v2/',
    'https://registry-1.docker.io/v2/',
  ]
  for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io']) {
    assert.deepEqual(await order(options, name), expected)
  }
  assert.deepEqual(await order(options, 'quay.example'), ['https://quay.example/v2/'])
})

test('registries have mirrors of their own; insecure ones are tried with TLS first', async () => {
  const options = {
    insecureRegistries: ['old.example:5000', '10.0.0.0/8'],
    registries: {
      'old.example:5000': { mirrors: ['https://10.1.2.3'] },
      'docker.io': { mirrors: ['https://hub.example'] },
    },
  }
  assert.deepEqual(await order(options, 'old.example:5000'), [
    'm https://10.1.2.3/v2/!',
    'https://old.example:5000/v2/!',
    'http://old.example:5000/v2/!',
  ])
  assert.deepEqual(await order(options, 'docker.io'), ['m https://hub.example/v2/', 'https://registry-1.docker.io/v2/'])
  const { origin } = createRegistryDirectory(options)
  assert.equal((await origin('docker.io')).mirror, false)
})

test('the port that a scheme has anyway is no part of an origin', async () => {
  const options = {
    insecureRegistries: ['10.1.2.3:443'],
    registries: { '10.1.2.3:443': { mirrors: ['http://127.0.0.1:80'] } },
  }
  assert.deepEqual(await order(options, '10.1.2.3:443'), [
    'm http://127.0.0.1/v2/!',
    'https://10.1.2.3/v2/!',
    'http://10.1.2.3:443/v2/!',
  ])
})

test('a blocked registry is asked nothing, nor are its mirrors', async () => {
  const options = { registries: { 'index.docker.io': { blocked: true, mirrors: ['https://hub.example'] } } }
  const { sources, origin } = createRegistryDirectory(options)
  for (const ask of [sources, origin]) {
    await assert.rejects(ask('docker.io'), {
      code: 'forbidden',
      message: 'registry docker.io is blocked by the configuration',
    })
  }
  assert.deepEqual(await order(options, 'other.example'), ['https://other.example/v2/'])
})

const scheme = `must use either 'https://' or 'http://'`
const bad: readonly (readonly [string, string])[] = [
  ['mirror.example:5000', `invalid mirror: no scheme specified for "mirror.example:5000": ${scheme}`],
  ['ftp://mirror.example', `invalid mirror: unsupported scheme "ftp" in "ftp://mirror.example": ${scheme}`],
  ['https://a/?x=1', 'invalid mirror: query or fragment at end of the URI "https://a/?x=1"'],
  ['https://a/#x', 'invalid mirror: query or fragment at end of the URI "https://a/#x"'],
  ['https://me:secret@a/', 'invalid mirror: username/password not allowed in URI "https://me:xxxxx@a/"'],
  ['https://', 'invalid mirror: "https://" is not a valid URI'],
]
for (const [mirror, message] of bad) {
  test(`${mirror} is no mirror`, () => {
    for (const options of [{ mirrors: [mirror] }, { registries: { 'a.example': { mirrors: [mirror] } } }]) {
      assert.throws(
        () => createRegistryDirectory(options),
        error => isStrataError(error, 'invalid_argument') && error.message === message,
      )
    }
  })
}

test('mirrors of docker.io are given in one place', () => {
  const options = { mirrors: ['https://a'], registries: { 'docker.io': { mirrors: ['https://b'] } } }
  assert.throws(() => createRegistryDirectory(options), /given both by registry-mirrors and by registries/)
})
