import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageInspect } from '../../apitypes/index.ts'
import { imageInspect } from '../testdata/fake-backends.ts'
import { inspectFor } from './versions.ts'

/** As a client gets it. */
function shown(minor: number, image: ImageInspect) {
  return JSON.parse(JSON.stringify(inspectFor(minor, image))) as Record<string, unknown>
}

test('until 1.44 an image tells of the container that it was committed from', () => {
  const committed = { ...imageInspect, Container: 'c0', ContainerConfig: { Tty: true, Labels: {}, ExposedPorts: {} } }
  const { Container, ContainerConfig } = shown(44, committed)
  assert.equal(Container, 'c0')
  assert.deepEqual(ContainerConfig, {
    ...{ Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false },
    ...{ Tty: true, OpenStdin: false, StdinOnce: false, Env: null, Cmd: null, Image: '', Volumes: null },
    ...{ WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: {} },
  })
  const names = Object.keys(shown(45, committed))
  assert.ok(!names.includes('Container') && !names.includes('ContainerConfig'))
  assert.ok(!('Container' in shown(44, imageInspect)))
})

test('until 1.49 the config of an image has the members of one of a container, in the order of their names', () => {
  const { Config } = shown(49, imageInspect) as { Config: object }
  assert.deepEqual(Object.keys(Config).slice(0, 4), ['AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd'])
  assert.deepEqual(Config, { ...Config, Cmd: ['bash'], Hostname: '', Tty: false })
  assert.deepEqual(shown(50, imageInspect).Config, imageInspect.Config)
})

test('until 1.43 an image without a time has one, and a virtual size', () => {
  const { Created, VirtualSize } = shown(43, imageInspect)
  assert.deepEqual([Created, VirtualSize], ['0001-01-01T00:00:00Z', imageInspect.Size])
  const newer = shown(44, imageInspect)
  assert.ok(!('Created' in newer || 'VirtualSize' in newer))
})
