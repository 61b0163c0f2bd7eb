import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOf } from './bytes.ts'
import { isStrataError } from './errors.ts'
import { jsonLines } from './json-lines.ts'

test('values come back however the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      async (values, step, end) => {
        const text = Buffer.from(values.map(value => JSON.stringify(value)).join('\r\n') + (end ? '\n\n' : ''))
        const chunks: Uint8Array[] = []
        for (let at = 0; at < text.byteLength; at += step) chunks.push(text.subarray(at, at + step))
        const written = values.map(value => JSON.parse(JSON.stringify(value)) as unknown)
        assert.deepEqual(await Array.fromAsync(jsonLines(bytesOf(...chunks))), written)
      },
    ),
  )
})

test('what is no JSON is an error, after the values before it', async () => {
  const seen: unknown[] = []
  await assert.rejects(
    async () => {
      for await (const value of jsonLines(bytesOf('1\n{"a":2}\n{"a"\n3\n'))) seen.push(value)
    },
    error => isStrataError(error, 'internal'),
  )
  assert.deepEqual(seen, [1, { a: 2 }])
})
