import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { answers, type CreateAnswer } from './creates/answers.ts'
import { createCases } from './creates/cases.ts'
import { startEngine } from './fixtures/engine.ts'
import { isolated } from './fixtures/isolation.ts'

if (await isolated(import.meta.filename)) {
  test('containers are created, shown and refused as dockerd does it', async () => {
    const path = join(import.meta.dirname, 'creates/answers.json')
    const expected = JSON.parse(await readFile(path, 'utf8')) as CreateAnswer[]
    assert.deepEqual(
      expected.map(({ name }) => name),
      createCases.map(({ name }) => name),
      'the answers are to be recorded anew',
    )
    const refused = new Set(expected.filter(({ start }) => start).map(({ name }) => name))
    const actual = await answers(startEngine, createCases, name => refused.has(name))
    const other = expected.filter((each, index) => !isDeepStrictEqual(actual[index], each)).map(({ name }) => name)
    const only = (all: readonly CreateAnswer[]) => all.filter(({ name }) => other.includes(name))
    assert.deepEqual(only(actual), only(expected))
  })
}
