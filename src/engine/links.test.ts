import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, ContainerRecord } from './container.ts'
import { linkedHosts, linkVariables, parseLink } from './links.ts'

const record = { name: 'web' } as ContainerRecord

function peer(more: Partial<Container> = {}): Container {
  const config = {
    Hostname: 'host',
    Env: ['PATH=/bin', 'HOME=/', 'A=b', 'bare'],
    ExposedPorts: { '53/udp': {}, '53/tcp': {}, '8080/tcp': {} },
  }
  return { running: true, record: { name: 'db', config, endpoint: { address: '10.0.0.2' } }, ...more } as Container
}

test('the forms of a link', () => {
  assert.deepEqual(parseLink('db'), { name: 'db', alias: 'db' })
  assert.deepEqual(parseLink('db:x'), { name: 'db', alias: 'x' })
  assert.deepEqual(parseLink('/db:/web/x'), { name: 'db', alias: 'x' })
  assert.throws(() => parseLink(''), { code: 'internal', message: 'empty string specified for links' })
  assert.throws(() => parseLink('a:b:c'), { code: 'internal', message: 'bad format for links: a:b:c' })
})

test('a linked container is found by its alias, its host name and its name', () => {
  assert.deepEqual(linkedHosts(record, [{ alias: 'x', peer: peer() }]), ['x host db:10.0.0.2'])
  assert.deepEqual(linkedHosts(record, [{ alias: 'db', peer: peer() }]), ['db host:10.0.0.2'])
  const message = 'Cannot link to a non running container: /db AS /web/x'
  assert.throws(() => linkedHosts(record, [{ alias: 'x', peer: peer({ running: false }) }]), { message })
})

test('its ports and variables, as variables', () => {
  assert.deepEqual(linkVariables(record, [{ alias: 'my-db', peer: peer() }]), [
    'MY_DB_PORT=tcp://10.0.0.2:53',
    ...['=tcp://10.0.0.2:53', '_ADDR=10.0.0.2', '_PORT=53', '_PROTO=tcp'].map(end => `MY_DB_PORT_53_TCP${end}`),
    ...['=tcp://10.0.0.2:8080', '_ADDR=10.0.0.2', '_PORT=8080', '_PROTO=tcp'].map(end => `MY_DB_PORT_8080_TCP${end}`),
    ...['=udp://10.0.0.2:53', '_ADDR=10.0.0.2', '_PORT=53', '_PROTO=udp'].map(end => `MY_DB_PORT_53_UDP${end}`),
    'MY_DB_NAME=/web/my-db',
    'MY_DB_ENV_A=b',
  ])
})
