/**
 * Records what Docker's own engine says: `node e2e/record.ts [scenario…]` runs the scenarios against dockerd and
 * writes e2e/transcripts/<scenario>.json; `creates` is the answers to e2e/creates/cases.ts. See README.md.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answers } from './creates/answers.ts'
import { createCases } from './creates/cases.ts'
import { startDockerd } from './fixtures/dockerd.ts'
import { isolated } from './fixtures/isolation.ts'
import { perform } from './fixtures/scenario.ts'
import { scenarios } from './scenarios/index.ts'

if (await isolated(import.meta.filename)) {
  const wanted = process.argv.slice(2)
  for (const scenario of scenarios) {
    if (wanted.length > 0 && !wanted.includes(scenario.name)) continue
    const transcript = await perform(scenario, startDockerd)
    const path = join(import.meta.dirname, 'transcripts', `${scenario.name}.json`)
    await writeFile(path, `${JSON.stringify(transcript, undefined, 2)}\n`)
    process.stdout.write(`${scenario.name}: ${transcript.steps.length} steps\n`)
  }
  if (wanted.length === 0 || wanted.includes('creates')) {
    const found = await answers(startDockerd, createCases, () => true)
    await writeFile(join(import.meta.dirname, 'creates/answers.json'), `${JSON.stringify(found, undefined, 2)}\n`)
    process.stdout.write(`creates: ${found.length} answers\n`)
  }
}
