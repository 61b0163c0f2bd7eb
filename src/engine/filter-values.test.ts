import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boolFilter, exactTest, labelTest, patternTest } from './filter-values.ts'

const filters = (values: Record<string, string[]>) => new Map(Object.entries(values))

test('a filter that is true or false', () => {
  const dangling = (...values: string[]) => boolFilter(filters({ dangling: values }), 'dangling')
  assert.equal(boolFilter(new Map(), 'dangling'), undefined)
  assert.equal(dangling('true'), true)
  assert.equal(dangling('1', 'true'), true)
  assert.equal(dangling('0'), false)
  assert.throws(() => dangling('x'), { message: "invalid filter 'dangling=[x]'" })
  assert.throws(() => dangling('false', 'true'), { message: "invalid filter 'dangling=[false true]'" })
  assert.throws(() => dangling(), { message: "invalid filter 'dangling'" })
})

test('labels have all of the wanted and not all of the unwanted', () => {
  const labels = { a: 'b', c: '' }
  assert.ok(labelTest(filters({ label: ['a', 'c='] }))(labels))
  assert.ok(!labelTest(filters({ label: ['a=b', 'd'] }))(labels))
  assert.ok(!labelTest(filters({ label: ['a'] }))(null))
  assert.ok(labelTest(filters({ 'label!': ['a=b', 'd'] }))(labels))
  assert.ok(!labelTest(filters({ 'label!': ['a=b', 'c'] }))(labels))
  assert.ok(labelTest(new Map())(null))
})

test('patterns are regular expressions, exact values are not', () => {
  const named = (...name: string[]) => patternTest(filters({ name }), 'name')
  assert.ok(named('ri')('bridge'))
  assert.ok(named('none', '^bridge$')('bridge'))
  assert.ok(!named('^ridge$')('bridge'))
  assert.ok(!named('[')('bridge'))
  assert.ok(named()('bridge'))
  assert.ok(!exactTest(filters({ driver: ['loc'] }), 'driver')('local'))
  assert.ok(exactTest(filters({ driver: ['x', 'local'] }), 'driver')('local'))
})
