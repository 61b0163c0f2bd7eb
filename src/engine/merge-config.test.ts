import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import type { ContainerConfig, HostConfig } from '../apitypes/index.ts'
import type { ContainerDefaults } from '../oci/index.ts'
import { mergeConfig } from './merge-config.ts'

const nothing = {
  Hostname: '',
  Domainname: '',
  User: '',
  WorkingDir: '',
  Env: null,
  Cmd: null,
  Entrypoint: null,
  Volumes: null,
  Labels: null,
} as unknown as ContainerConfig

function merge(
  user: Partial<ContainerConfig>,
  image: ContainerDefaults,
  host: Partial<HostConfig> = {},
): ContainerConfig {
  return mergeConfig({ ...nothing, ...user }, image, { id: 'a'.repeat(64), hostConfig: host as HostConfig })
}

test('command and entrypoint by the rules of docker run', () => {
  const image = { Entrypoint: ['/e'], Cmd: ['c'] }
  const words = (config: ContainerConfig) => [config.Entrypoint, config.Cmd]
  assert.deepEqual(words(merge({}, image)), [['/e'], ['c']])
  assert.deepEqual(words(merge({ Cmd: ['x'] }, image)), [['/e'], ['x']])
  assert.deepEqual(
    words(merge({ Entrypoint: ['/f'] }, image)),
    [['/f'], null],
    "an own entrypoint discards the image's command",
  )
  assert.deepEqual(words(merge({ Entrypoint: [''], Cmd: ['x'] }, image)), [null, ['x']], 'an empty one removes it')
})

test('variables, labels, ports and volumes are united, the user first', () => {
  const image = {
    Env: ['A=1', 'B=2', 'C=3'],
    Labels: { a: '1', b: '2' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/v': {} },
  }
  const user = { Env: ['B=x', 'C', 'D=4'], Labels: { b: '3' }, Volumes: { '/w': {} }, ExposedPorts: { '81/tcp': {} } }
  const merged = merge(user, image)
  assert.deepEqual(merged.Env, ['B=x', 'C', 'D=4', 'A=1'], 'a bare name removes what others give')
  assert.deepEqual(merged.Labels, { a: '1', b: '3' })
  assert.deepEqual(Object.keys(merged.ExposedPorts ?? {}), ['80/tcp', '81/tcp'])
  assert.deepEqual(merged.Volumes, { '/v': {}, '/w': {} })
})

test('the host name is the short ID unless the host network is used; the working directory is clean', () => {
  assert.equal(merge({}, {}).Hostname, 'a'.repeat(12))
  assert.equal(merge({}, {}, { NetworkMode: 'host' }).Hostname, hostname())
  const folder = (WorkingDir: string) => merge({ WorkingDir }, {}).WorkingDir
  assert.deepEqual(['', '/x/../y/', '//x', '/'].map(folder), ['', '/y', '/x', '/'])
})

test('what an image says with nothing in it stays so; its time to stop and its shell are not for containers', () => {
  const merged = merge({}, { Env: [], Volumes: {}, StopTimeout: 5, Shell: ['bash', '-c'], StopSignal: 'INT' })
  const { Env, Volumes, StopTimeout, Shell, StopSignal } = merged
  assert.deepEqual([Env, Volumes, StopTimeout, Shell, StopSignal], [[], {}, undefined, undefined, 'INT'])
  const bare = merge({ StopTimeout: 7 }, {})
  assert.deepEqual([bare.Env, bare.Volumes, bare.StopTimeout], [null, null, 7])
})
