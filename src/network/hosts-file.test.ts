import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostsFile } from './hosts-file.ts'

const loopback = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`

test('hosts as dockerd writes them', () => {
  assert.equal(hostsFile({ hostname: 'x' }), loopback)
  const options = {
    address: '172.17.0.6',
    hostname: 'hh',
    domainname: 'dd.org',
    extraHosts: ['foo:1.2.3.4', 'gw:host-gateway', 'six=[::5]', 'plain6:::6', 'nothing'],
    hostGateway: '172.17.0.1',
  }
  assert.equal(
    hostsFile(options),
    `${loopback}1.2.3.4\tfoo\n172.17.0.1\tgw\n::5\tsix\n::6\tplain6\n172.17.0.6\thh.dd.org hh\n`,
  )
  assert.equal(hostsFile({ address: '10.0.0.2', hostname: 'a.b' }), `${loopback}10.0.0.2\ta.b a\n`)
  assert.equal(hostsFile({ address: '10.0.0.2', hostname: 'a', names: ['b', 'c'] }), `${loopback}10.0.0.2\ta b c\n`)
})
