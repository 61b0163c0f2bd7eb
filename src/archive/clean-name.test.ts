import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import type { ByteString } from './archive.ts'
import { cleanName } from './clean-name.ts'

test('names are resolved within the root', () => {
  const clean = (name: string) => cleanName(name as ByteString).join('/')
  assert.equal(clean('./usr/bin/'), 'usr/bin')
  assert.equal(clean('/etc//passwd'), 'etc/passwd')
  assert.equal(clean('../../etc/passwd'), 'etc/passwd')
  assert.equal(clean('a/b/../../../c'), 'c')
  assert.equal(clean('a/.../..b/c..'), 'a/.../..b/c..')
  assert.equal(clean('caf\xc3\xa9\xff'), 'caf\xc3\xa9\xff')
  for (const root of ['', '.', '/', './', '..', '../..', 'a/..']) assert.deepEqual(cleanName(root as ByteString), [])
})

test('a NUL is refused', () => {
  assert.throws(
    () => cleanName('a\0b' as ByteString),
    error => isStrataError(error, 'invalid_argument'),
  )
})

test('no name escapes, and each is what a path resolver makes of it below the root', () => {
  const part = fc.constantFrom('.', '..', '', 'a', 'b c', '...', '..a', '\xff', '-', '\\', '~')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, absolute) => {
      const name = (absolute ? '/' : '') + parts.join('/')
      const components = cleanName(name as ByteString)
      for (const component of components) assert.ok(!['', '.', '..'].includes(component) && !component.includes('/'))
      assert.equal(`/${components.join('/')}`, posix.resolve('/', `./${name}`))
      assert.deepEqual(cleanName(components.join('/') as ByteString), components)
    }),
  )
})
