import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AddressPool } from './address-pool.ts'
import { contains, formatAddress, formatSubnet, overlaps, parseAddress, parseSubnet } from './ipv4.ts'
import { chooseSubnet } from './subnet-choice.ts'

const subnets = (...texts: string[]) => texts.map(text => parseSubnet(text)!)

test("subnets are chosen in Docker's order", () => {
  assert.equal(formatSubnet(chooseSubnet([])), '172.17.0.0/16')
  assert.equal(formatSubnet(chooseSubnet(subnets('172.17.0.1/16', '172.18.4.0/24'))), '172.19.0.0/16')
  assert.equal(formatSubnet(chooseSubnet(subnets('172.16.0.0/12', '192.168.1.1'))), '192.168.16.0/20')
  assert.throws(() => chooseSubnet(subnets('172.16.0.0/12', '192.168.0.0/16')), {
    message: 'all predefined address pools have been fully subnetted',
  })
})

test('addresses and subnets are read as they are written', () => {
  const address = fc.integer({ min: 0, max: 0xffffffff })
  fc.assert(fc.property(address, value => parseAddress(formatAddress(value)) === value))
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), (value, prefix) => {
      const subnet = parseSubnet(`${formatAddress(value)}/${prefix}`)!
      assert(contains(subnet, value))
      assert(overlaps(subnet, parseSubnet(formatAddress(value))!))
      assert.deepEqual(parseSubnet(formatSubnet(subnet)), subnet)
    }),
  )
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.x',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/8/8',
  ]) {
    assert.equal(parseSubnet(bad), undefined, bad)
  }
})

test('the lowest free address is next, until there is none', () => {
  const pool = new AddressPool(parseSubnet('10.0.0.0/29')!)
  assert.equal(pool.gateway, '10.0.0.1')
  assert(pool.take('10.0.0.3'))
  assert(!pool.take('10.0.0.3'))
  assert(!pool.take('10.0.1.3'))
  assert.deepEqual([pool.acquire(), pool.acquire()], ['10.0.0.2', '10.0.0.4'])
  pool.release('10.0.0.2')
  assert.deepEqual([pool.acquire(), pool.acquire(), pool.acquire()], ['10.0.0.2', '10.0.0.5', '10.0.0.6'])
  assert.throws(() => pool.acquire(), { code: 'unavailable' })
  pool.release(pool.gateway)
  assert.throws(() => pool.acquire(), { code: 'unavailable' })
  const other = new AddressPool(parseSubnet('10.0.0.0/29')!, parseAddress('10.0.0.2')!)
  assert.deepEqual([other.acquire(), other.gateway, other.acquire()], ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
})
