import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import {
  type Descriptor,
  digestOf,
  formatPlatform,
  hostPlatform,
  type Index,
  matchesPlatform,
  mediaTypes,
  normalizePlatform,
  type Platform,
  parsePlatform,
  pickPlatform,
} from './index.ts'

const parsed: readonly (readonly [text: string, formatted: string])[] = [
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x86-64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64/v8'],
  ['linux/arm64/8', 'linux/arm64/v8'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm', 'linux/arm'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/armhf', 'linux/arm'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/i386', 'linux/386'],
  ['arm64', 'linux/arm64'],
  ['armhf', 'linux/arm'],
  ['s390x', 'linux/s390x'],
  ['macos/arm64', 'darwin/arm64'],
  ['linux', `linux/${hostPlatform().architecture}`],
  ['windows(10.0.17763)/amd64', 'windows/amd64'],
]
for (const [text, formatted] of parsed) {
  test(`platform ${text}`, () => assert.equal(formatPlatform(parsePlatform(text)), formatted))
}

test('versions and features of an operating system', () => {
  assert.deepEqual(parsePlatform('windows(10.0%2B1+win32k)/amd64'), {
    os: 'windows',
    architecture: 'amd64',
    'os.version': '10.0+1',
    'os.features': ['win32k'],
  })
})

const refused: readonly (readonly [text: string, message: string])[] = [
  ['linux/*', '"linux/*": wildcards not yet supported: invalid argument'],
  ['foo', '"foo": unknown operating system or architecture: invalid argument'],
  ['a/b/c/d', '"a/b/c/d": cannot parse platform specifier: invalid argument'],
  [
    'linux/',
    '"" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument',
  ],
]
for (const [text, message] of refused) {
  test(`refuses platform ${text}`, () => {
    assert.throws(
      () => parsePlatform(text),
      error => isStrataError(error, 'invalid_argument') && error.message === message,
    )
  })
}

test('nothing that a user types makes the parser fail otherwise', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'linux/arm64v8%()+*.é '), maxLength: 30 })
  fc.assert(
    fc.property(fc.oneof(letters, fc.string()), text => {
      try {
        const platform = parsePlatform(text)
        assert.deepEqual(normalizePlatform(normalizePlatform(platform)), normalizePlatform(platform))
      } catch (error) {
        assert.ok(isStrataError(error, 'invalid_argument'), String(error))
      }
    }),
  )
})

function entry(text: string | undefined, annotations?: Record<string, string>): Descriptor {
  const [os = '', architecture = '', variant] = (text ?? '').split('/')
  const platform: Platform = { os, architecture, ...(variant !== undefined && { variant }) }
  return {
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(text ?? 'none'),
    size: 1,
    ...(text !== undefined && { platform }),
    ...(annotations && { annotations }),
  }
}

const picks: readonly (readonly [wanted: string, offered: readonly string[], picked: string | undefined])[] = [
  ['linux/amd64', ['linux/arm64', 'linux/amd64', 'unknown/unknown'], 'linux/amd64'],
  ['linux/amd64', ['linux/386', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64', ['linux/386'], 'linux/386'],
  ['linux/amd64', ['linux/amd64/v2'], undefined],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2'], 'linux/amd64/v2'],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v4'], 'linux/amd64'],
  ['linux/arm64', ['linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm64/v8', ['linux/arm64'], 'linux/arm64'],
  ['linux/arm64/v9', ['linux/arm64', 'linux/arm64/v8.5'], 'linux/arm64/v8.5'],
  ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64'], 'linux/arm/v6'],
  ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v6', ['linux/arm/v7', 'linux/arm'], undefined],
  ['linux/riscv64', ['linux/amd64'], undefined],
  ['linux/amd64', ['windows/amd64'], undefined],
  ['linux/unknown', ['unknown/unknown'], undefined],
]
for (const [wanted, offered, picked] of picks) {
  test(`${wanted} out of ${offered.join(' ')}`, () => {
    const index: Index = { schemaVersion: 2, manifests: offered.map(text => entry(text)) }
    assert.equal(pickPlatform(index.manifests, parsePlatform(wanted))?.digest, picked && digestOf(picked))
  })
}

test('a manifest that does not say what it is for comes last; attestations never do', () => {
  const attestation = entry(undefined, { 'vnd.docker.reference.type': 'attestation-manifest' })
  const amd64 = parsePlatform('linux/amd64')
  const from = (...manifests: Descriptor[]) => pickPlatform(manifests, amd64)
  assert.equal(from(attestation), undefined)
  assert.equal(from(attestation, entry(undefined))?.digest, digestOf('none'))
  assert.equal(from(entry(undefined), entry('linux/386'))?.digest, digestOf('linux/386'))
  const index = { ...entry('linux/amd64'), mediaType: mediaTypes.ociIndex }
  assert.equal(from(index), undefined)
  assert.equal(from(index, entry(undefined))?.digest, digestOf('none'))
})

test('an older level runs, a newer one does not', () => {
  const v7 = parsePlatform('linux/arm/v7')
  assert.ok(matchesPlatform(v7, { os: 'linux', architecture: 'arm', variant: 'v6' }))
  assert.ok(!matchesPlatform(v7, { os: 'linux', architecture: 'arm', variant: 'v8' }))
})
