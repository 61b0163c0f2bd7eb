import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReference } from '../../reference/index.ts'
import { UnreachableRegistries } from './unreachable.ts'

const repositories = ['a.example/x', 'b.example/x', 'c.example/x', 'a.example/y'].map(name => parseReference(name))

test('registries that could not be reached are the last for a while', () => {
  let now = 0
  const unreachable = new UnreachableRegistries(() => now)
  const order = () => unreachable.last(repositories).map(({ domain, path }) => `${domain}/${path}`)
  assert.deepEqual(order(), ['a.example/x', 'b.example/x', 'c.example/x', 'a.example/y'])
  unreachable.add('a.example')
  assert.deepEqual(order(), ['b.example/x', 'c.example/x', 'a.example/x', 'a.example/y'])
  now = 299_999
  unreachable.add('c.example')
  assert.deepEqual(order(), ['b.example/x', 'a.example/x', 'c.example/x', 'a.example/y'])
  now = 300_000
  assert.deepEqual(order(), ['a.example/x', 'b.example/x', 'a.example/y', 'c.example/x'])
  unreachable.delete('c.example')
  assert.deepEqual(order(), ['a.example/x', 'b.example/x', 'c.example/x', 'a.example/y'])
})
