import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStrataError } from '../std/index.ts'
import { innerList, list, map, omitEmpty, pair, pointer, stringOrList, struct } from './compound.ts'
import { containerConfig } from './container-config.ts'
import { type GoType, read } from './gojson.ts'
import { bool, int, int64, string, uint, uint16 } from './scalars.ts'

interface Thing {
  readonly Name: string
  readonly Count: number
  readonly Tags: readonly string[] | null
  readonly Map: Readonly<Record<string, readonly number[] | null>> | null
  readonly Pair: readonly [number, number]
  readonly Inner?: readonly (readonly string[])[]
  readonly Limit?: number
  readonly On?: boolean
  readonly Command?: readonly string[]
}

const thing = struct<Thing>('x.Thing', {
  Name: string,
  Count: int64,
  Tags: list(string),
  Map: map(list(int64)),
  Pair: pair(uint),
  Inner: omitEmpty(list(innerList(string))),
  Limit: omitEmpty(pointer(int)),
  On: omitEmpty(bool),
  Command: omitEmpty(stringOrList),
})

const zero = { Name: '', Count: 0, Tags: null, Map: null, Pair: [0, 0] }

test('what is not there is the zero value; fields come in the order of the struct, whatever their case', () => {
  for (const nothing of [null, undefined, {}, { name: null, Unknown: 1, Limit: null }]) {
    assert.deepEqual(read(thing, nothing), zero)
  }
  const value = read(thing, {
    on: true,
    PAIR: [1],
    Limit: 0,
    count: 3,
    Inner: [null, ['a']],
    Command: 'x',
    Tags: [null],
  })
  assert.deepEqual(
    Object.entries(value),
    Object.entries({
      ...{ Name: '', Count: 3, Tags: [''], Map: null, Pair: [1, 0] },
      ...{ Inner: [[], ['a']], Limit: 0, On: true, Command: ['x'] },
    }),
  )
  assert.deepEqual(read(thing, { On: false, Inner: [], Command: [], name: 'a', NAME: 'b', Name: null }), {
    ...zero,
    Name: 'b',
  })
})

test('values are written as Go writes them: maps sorted, empty fields left out, zeros behind pointers not', () => {
  assert.equal(thing.write(thing.zero), '{"Name":"","Count":0,"Tags":null,"Map":null,"Pair":[0,0]}')
  const value = read(thing, { Name: '<', Tags: [], Map: { b: [1], a: null, 10: [], 9: [] }, Limit: 0, Command: ['&'] })
  assert.equal(
    thing.write(value),
    '{"Name":"\\u003c","Count":0,"Tags":[],"Map":{"10":[],"9":[],"a":null,"b":[1]},"Pair":[0,0],"Limit":0,"Command":["\\u0026"]}',
  )
})

test('values of the wrong kind are refused in the words of Go', () => {
  const refused = (type: GoType<unknown>, value: unknown, message: string, root?: string) =>
    assert.throws(() => read(type, value, root), {
      code: 'invalid_argument',
      message: `json: cannot unmarshal ${message}`,
    })
  refused(thing, [], 'array into Go value of type x.Thing')
  refused(thing, 5, 'number into Go value of type x.Thing', 'Thing')
  refused(thing, { Name: 5 }, 'number into Go struct field .Name of type string')
  refused(thing, { NAME: {} }, 'object into Go struct field Thing.NAME of type string', 'Thing')
  refused(thing, { Count: 1.5 }, 'number 1.5 into Go struct field .Count of type int64')
  refused(thing, { Count: true }, 'bool into Go struct field .Count of type int64')
  refused(thing, { On: 'x', Name: 5 }, 'string into Go struct field .On of type bool')
  refused(thing, { Tags: 'x' }, 'string into Go struct field .Tags of type []string')
  refused(thing, { Tags: ['x', 5] }, 'number into .Tags.1 of type string')
  refused(thing, { Pair: [1, 'x'] }, 'string into .Pair.1 of type uint')
  refused(thing, { Pair: 5 }, 'number into Go struct field .Pair of type [2]uint')
  refused(thing, { Inner: ['x'] }, 'string into .Inner.0 of type []string')
  refused(thing, { Map: { 'a/b~': 5 } }, 'number into Go struct field .Map.a~1b~0 of type []int64')
  refused(thing, { Map: { 1: 5 } }, 'number into .Map.1 of type []int64')
  refused(thing, { Command: 7 }, 'number into Go value of type string')
  refused(thing, { Command: [[]] }, 'array into Go value of type string')
  refused(uint16, 70_000, 'number 70000 into Go value of type uint16')
  refused(containerConfig, { ExposedPorts: 5 }, 'number into Go struct field .ExposedPorts of type nat.PortSet')
  refused(containerConfig, { Volumes: [] }, 'array into Go struct field .Volumes of type map[string]struct {}')
  refused(containerConfig, { Healthcheck: [] }, 'array into Go struct field .Healthcheck of type v1.HealthcheckConfig')
  refused(
    containerConfig,
    { Healthcheck: { Interval: 1.5 } },
    'number 1.5 into Go struct field .Healthcheck.Interval of type time.Duration',
  )
})

test('any JSON is refused or gives exactly the type, and what it gives is read again as it is written', () => {
  const like = fc.record(
    { Name: fc.json(), count: fc.json(), TAGS: fc.json(), Map: fc.json(), Command: fc.json(), limit: fc.json() },
    { requiredKeys: [] },
  )
  const text = fc.oneof(
    fc.json(),
    like.map(fields => `{${Object.entries(fields).map(([key, value]) => `"${key}":${value}`)}}`),
  )
  fc.assert(
    fc.property(text, json => {
      let value: Thing
      try {
        value = read(thing, JSON.parse(json))
      } catch (error) {
        assert.ok(isStrataError(error, 'invalid_argument'), String(error))
        return
      }
      assert.deepEqual(Object.keys(value).slice(0, 5), ['Name', 'Count', 'Tags', 'Map', 'Pair'])
      assert.equal(typeof value.Name, 'string')
      assert.ok(Number.isInteger(value.Count))
      assert.ok(value.Tags === null || value.Tags.every(tag => typeof tag === 'string'))
      assert.ok(value.Map === null || !Array.isArray(value.Map))
      assert.deepEqual(read(thing, JSON.parse(thing.write(value))), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('keys of maps can not reach the prototype', () => {
  const value = read(map(string), JSON.parse('{"__proto__":"x"}'))
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.deepEqual(Object.keys(value ?? {}), ['__proto__'])
  assert.equal(map(string).write(value), '{"__proto__":"x"}')
})
