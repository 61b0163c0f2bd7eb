import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startEngine } from './fixtures/engine.ts'
import { isolated } from './fixtures/isolation.ts'
import { clientVersion, perform, type Transcript } from './fixtures/scenario.ts'
import { scenarios } from './scenarios/index.ts'

if (await isolated(import.meta.filename)) {
  test('the transcripts are of the major version of the docker CLI that is installed', async () => {
    const clients = await Promise.all(scenarios.map(async ({ name }) => (await recorded(name)).client))
    const major = (version: string) => version.split('.')[0]
    assert.deepEqual(new Set(clients.map(major)), new Set([major(await clientVersion())]))
  })

  for (const scenario of scenarios) {
    test(`${scenario.name}: said word for word as dockerd says it`, async t => {
      const expected = await recorded(scenario.name)
      const actual = await perform(scenario, startEngine)
      assert.equal(actual.steps.length, expected.steps.length)
      for (const [index, step] of expected.steps.entries()) {
        await t.test(`${index + 1}: docker ${step.args.join(' ')}`, () => assert.deepEqual(actual.steps[index], step))
      }
    })
  }
}

async function recorded(name: string): Promise<Transcript> {
  return JSON.parse(await readFile(join(import.meta.dirname, 'transcripts', `${name}.json`), 'utf8')) as Transcript
}
