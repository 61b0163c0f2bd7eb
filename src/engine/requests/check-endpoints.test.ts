import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerCreateRequest } from '../../apitypes/index.ts'
import { checkEndpoints, networkAsked, parseMac } from './check-endpoints.ts'

const asked = (EndpointsConfig: object | null, mode = 'default', MacAddress = '') =>
  ({ MacAddress, HostConfig: { NetworkMode: mode }, NetworkingConfig: { EndpointsConfig } }) as ContainerCreateRequest

test('MAC addresses: the ways of writing one, and which counts', () => {
  for (const text of ['02:42:AC:11:00:42', '02-42-ac-11-00-42', '0242.ac11.0042']) {
    assert.equal(parseMac(text), '02:42:ac:11:00:42')
  }
  for (const text of ['', 'x', '02:42:ac:11:00', '02:42-ac:11:00:42']) assert.equal(parseMac(text), undefined)
  const mac = '0242.ac11.0042'
  assert.equal(checkEndpoints(asked(null, 'default', mac)), mac)
  assert.equal(checkEndpoints(asked({ bridge: { MacAddress: mac } })), mac)
  const other = asked({ bridge: { MacAddress: mac } }, 'default', '02:42:ac:11:00:41')
  assert.throws(() => checkEndpoints(other), /^StrataError: the container-wide MAC address must match/)
})

test('all that the settings of an endpoint ask for in vain is told at once', () => {
  const refused = (settings: object | null) => {
    try {
      return checkEndpoints(asked({ default: settings }))
    } catch (error) {
      return (error as Error).message.split('\n')
    }
  }
  const failed = 'invalid config for network bridge: '
  assert.deepEqual(refused(null), [`${failed}EndpointsConfig is nil`])
  assert.deepEqual(refused({ IPAMConfig: { LinkLocalIPs: ['x'] } }), [
    `${failed}invalid endpoint settings:`,
    'invalid link-local IP address: x',
  ])
  assert.deepEqual(refused({ Aliases: ['a'], IPAMConfig: { IPv6Address: 'x' } }), [
    `${failed}invalid endpoint settings:`,
    '* user specified IP address is supported on user defined networks only',
    '* network-scoped alias is supported only for containers in user defined networks',
    '* invalid IPv6 address: x',
    '* user specified IP address is supported only when connecting to networks with user configured subnets',
  ])
})

test('the one network of a container', () => {
  const network = (endpoints: object | null, mode?: string) => networkAsked(asked(endpoints, mode))
  assert.equal(network(null), 'default')
  assert.equal(network({ bridge: {} }), 'default')
  assert.equal(network({ none: {} }), 'none')
  assert.equal(network({ host: {} }, 'host'), 'host')
  assert.equal(network({ bridge: {} }, 'container:x'), 'container:x')
  assert.throws(() => network({ none: {} }, 'bridge'), /multiple network endpoints: bridge, none$/)
})
