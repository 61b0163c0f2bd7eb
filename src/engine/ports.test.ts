import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerConfig, HostConfig, PortMap } from '../apitypes/index.ts'
import { checkPortBindings, portBindings, shownPort } from './ports.ts'

const publish = (exposed: readonly string[], PortBindings: PortMap, PublishAllPorts = false) =>
  portBindings(
    { ExposedPorts: Object.fromEntries(exposed.map(port => [port, {}])) } as unknown as ContainerConfig,
    { PortBindings, PublishAllPorts } as unknown as HostConfig,
  )

test('bindings of exposed ports are published, and all exposed ports when asked', () => {
  const bindings = { '80/tcp': [{ HostIp: '', HostPort: '8000-8010' }], '81/tcp': [{ HostIp: '', HostPort: '81' }] }
  const eighty = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 8000, hostPortEnd: 8010 }
  assert.deepEqual(publish(['80/tcp', '53/udp'], bindings), [eighty])
  assert.deepEqual(publish(['80/tcp', '53/udp'], bindings, true), [eighty, { protocol: 'udp', containerPort: 53 }])
  const any = { protocol: 'tcp', containerPort: 80, hostIp: '' }
  assert.deepEqual(publish(['80/tcp'], { '80/tcp': [{ HostIp: '', HostPort: '' }] }), [any])
})

test("what is no port is refused in Docker's words, exposed or not", () => {
  const check = (port: string, HostPort = '') => checkPortBindings({ [port]: [{ HostIp: '', HostPort }] })
  for (const port of ['x', '-1/tcp', '65536/tcp', '80-82/tcp']) {
    const message = `invalid port specification: "${port.replace('/tcp', '')}"`
    assert.throws(() => check(port), { code: 'invalid_argument', message })
  }
  for (const port of ['x', '-1', '65536', '20-10', '10-', '-', '1-2-3']) {
    const message = `invalid port specification: "${port}"`
    assert.throws(() => check('80/tcp', port), { code: 'invalid_argument', message })
  }
  for (const port of ['', '80/', '80/x', '/tcp', '080/tcp']) check(port, '8080/tcp')
})

test('the names of running ports', () => {
  const shown = ['80', '80/', '80/TCP', '53/udp', '80/x', 'x', '65536/tcp', '', '/tcp'].map(shownPort)
  assert.deepEqual(shown, ['80/tcp', '80/tcp', '80/tcp', '53/udp', '80/0', '0/tcp', '0/tcp', '0/0', '0/0'])
})
