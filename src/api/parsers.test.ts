import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ErrorCode, isStrataError } from '../std/index.ts'
import { parseContentType } from './content-type.ts'
import { DetachKeysFilter, parseDetachKeys } from './detach-keys.ts'
import { parseFilters, readFilters } from './filters.ts'
import { parseQuery } from './query.ts'
import { parseRegistryAuth } from './registry-auth.ts'

/** Runs `parse`, which may only fail as bad input does. */
function onlyRefuses<T>(parse: () => T, code: ErrorCode = 'invalid_argument'): T | undefined {
  try {
    return parse()
  } catch (error) {
    assert.ok(isStrataError(error, code), String(error))
    return undefined
  }
}

test('flags are read as Docker reads them', () => {
  for (const no of ['', '0', 'no', 'false', 'none', 'False', ' NO ']) {
    assert.equal(parseQuery(new URLSearchParams({ x: no }).toString()).flag('x'), false)
  }
  for (const yes of ['1', 'true', 'True', 'yes', 'on', 'anything']) {
    assert.equal(parseQuery(`x=${yes}`).flag('x'), true)
  }
  assert.equal(parseQuery('').flag('x'), false)
  assert.equal(parseQuery('x').flag('x'), false)
})

test('times are nanoseconds, whatever the number of digits', () => {
  const time = (text: string) => parseQuery(`t=${text}`).time('t')
  assert.equal(time('12'), 12_000_000_000n)
  assert.equal(time('12.5'), 12_500_000_000n)
  assert.equal(time('12.000000001'), 12_000_000_001n)
  assert.equal(time('12.0000000019'), 12_000_000_001n)
  assert.equal(time('-1'), -1_000_000_000n)
  assert.equal(time(''), undefined)
  for (const bad of ['x', '1.', '1.x', '.5', '1e3', '0x1']) {
    assert.throws(() => time(bad), { code: 'internal' })
  }
})

test('no query breaks the parser', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (raw, value) => {
      for (const search of [raw, new URLSearchParams({ x: value }).toString()]) {
        const query = parseQuery(search)
        assert.equal(typeof query.flag('x'), 'boolean')
        const integer = onlyRefuses(() => query.integer('x'), 'internal')
        assert.ok(integer === undefined || Number.isSafeInteger(integer))
        const time = onlyRefuses(() => query.time('x'), 'internal')
        assert.ok(time === undefined || typeof time === 'bigint')
      }
    }),
  )
})

test('filters come back from both of their forms', () => {
  const filters = fc.dictionary(fc.string(), fc.uniqueArray(fc.string(), { maxLength: 5 }))
  fc.assert(
    fc.property(filters, values => {
      // JSON's own objects: integer-like keys of these come first, and `__proto__` is one like any other.
      const expected = new Map(Object.entries(JSON.parse(JSON.stringify(values)) as Record<string, string[]>))
      assert.deepEqual(readFilters(JSON.stringify(values)), expected)
      const flags = Object.entries(values).map(([key, each]) => [
        key,
        Object.fromEntries(each.map(value => [value, true] as const)),
      ])
      const nested = readFilters(JSON.stringify(Object.fromEntries(flags)))
      assert.deepEqual(
        new Map([...nested].map(([key, each]) => [key, new Set(each)])),
        new Map([...expected].map(([key, each]) => [key, new Set(each)])),
      )
    }),
  )
})

test('filters of any other kind are refused', () => {
  for (const bad of ['x', '1', '[]', '"x"', '{"a":"b"}', '{"a":1}', '{"a":[1]}', '{"a":{"b":1}}', '{']) {
    assert.throws(() => readFilters(bad), { code: 'invalid_argument', message: 'invalid filter' })
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => void onlyRefuses(() => parseFilters(text, ['a']))))
  assert.deepEqual(readFilters('null'), new Map())
  assert.throws(() => parseFilters('{"b":["x"]}', ['a']), { message: "invalid filter 'b'" })
  assert.throws(() => parseFilters('{"":["x"]}', ['a']), { message: 'invalid filter' })
})

test('a Content-Type that is none is told in the words of Go', () => {
  const malformed: Readonly<Record<string, string>> = {
    '': 'no media type',
    ';;': 'no media type',
    '/json': 'no media type',
    'text/': 'expected token after slash',
    'application json': 'expected slash after first token',
    'a/b/c': 'unexpected content after media subtype',
    'a/b; c': 'invalid media parameter',
    'a/b;;': 'invalid media parameter',
    'a/b; =c': 'invalid media parameter',
    'a/b; c=d; C=e': 'duplicate parameter name',
  }
  for (const [header, why] of Object.entries(malformed)) {
    assert.deepEqual(parseContentType(header), { malformed: `mime: ${why}` }, header)
  }
  const good = { 'A/B': 'a/b', 'a/b;': 'a/b', 'application ; x="a;b\\"";y=1;x="a;b\\""': 'application' }
  for (const [header, type] of Object.entries(good)) assert.deepEqual(parseContentType(header), { type }, header)
  fc.assert(fc.property(fc.string(), text => void parseContentType(text)))
})

test('detach keys are read in the notation of Docker', () => {
  const cases: [string, number[] | undefined][] = [
    ['', [0x10, 0x11]],
    ['ctrl-p,ctrl-q', [0x10, 0x11]],
    ['ctrl-@,ctrl-a,ctrl-z', [0, 1, 26]],
    ['ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [27, 28, 29, 30, 31]],
    ['a,B,DEL', [0x61, 0x42, 0x7f]],
    ['ctrl-1', undefined],
    ['ctrl-', undefined],
    ['ctrl-ab', undefined],
    ['ab', undefined],
    ['a,', undefined],
    ['ä', undefined],
  ]
  for (const [text, expected] of cases) assert.deepEqual(parseDetachKeys(text), expected, text)
  fc.assert(
    fc.property(fc.string(), text => {
      for (const key of parseDetachKeys(text) ?? []) assert.ok(key >= 0 && key < 128)
    }),
  )
})

test('the filter finds the keys where they first are, however the input is cut', () => {
  const letters = fc.array(fc.constantFrom(97, 98), { maxLength: 30 })
  const keys = fc.array(fc.constantFrom(97, 98), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(letters, keys, fc.array(fc.nat(30), { maxLength: 6 }), (input, sequence, cuts) => {
      const bytes = Buffer.from(input)
      const at = bytes.indexOf(Buffer.from(sequence))
      const filter = new DetachKeysFilter(sequence)
      const out: Buffer[] = []
      let detached = false
      const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.byteLength]
      for (let index = 1; index < edges.length && !detached; index++) {
        const pushed = filter.push(bytes.subarray(edges[index - 1], edges[index]))
        out.push(Buffer.from(pushed.data))
        detached = pushed.detached
      }
      if (!detached) out.push(Buffer.from(filter.flush()))
      assert.equal(detached, at >= 0)
      assert.deepEqual(Buffer.concat(out), at < 0 ? bytes : bytes.subarray(0, at))
    }),
  )
})

test('registry credentials come back from their header', () => {
  const text = fc.string({ minLength: 1 })
  fc.assert(
    fc.property(text, text, fc.constantFrom('base64', 'base64url'), (username, password, encoding) => {
      const header = Buffer.from(JSON.stringify({ username, password, serveraddress: 'x' })).toString(encoding)
      assert.deepEqual(parseRegistryAuth(header), { username, password })
    }),
  )
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  assert.deepEqual(parseRegistryAuth(encode({ identitytoken: 'i', registrytoken: 'r', username: '' })), {
    identityToken: 'i',
    registryToken: 'r',
  })
  const auth = Buffer.from('me:a:b').toString('base64')
  assert.deepEqual(parseRegistryAuth(encode({ auth })), { username: 'me', password: 'a:b' })
})

test('a header without credentials that can be read is none', () => {
  for (const header of [undefined, '', '%%%', 'e30', 'bm9wZQ', 'bnVsbA', 'W10', 'eyJ1c2VybmFtZSI6MX0']) {
    assert.equal(parseRegistryAuth(header), undefined)
  }
  fc.assert(fc.property(fc.string(), header => void parseRegistryAuth(header)))
})
