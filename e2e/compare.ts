/**
 * Shows where Strata's words differ from dockerd's: `node e2e/compare.ts [scenario…]`. For people at work; the test is
 * transcripts.test.ts.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { startEngine } from './fixtures/engine.ts'
import { isolated } from './fixtures/isolation.ts'
import { perform, type StepRecord, type Transcript } from './fixtures/scenario.ts'
import { scenarios } from './scenarios/index.ts'

if (await isolated(import.meta.filename)) {
  const wanted = process.argv.slice(2)
  for (const scenario of scenarios) {
    if (wanted.length > 0 && !wanted.includes(scenario.name)) continue
    const path = join(import.meta.dirname, 'transcripts', `${scenario.name}.json`)
    const expected = JSON.parse(await readFile(path, 'utf8')) as Transcript
    const actual = await perform(scenario, startEngine)
    let same = 0
    for (const [index, step] of expected.steps.entries()) {
      if (isDeepStrictEqual(actual.steps[index], step)) same++
      else show(`${scenario.name} ${index + 1}`, step, actual.steps[index])
    }
    process.stdout.write(`${scenario.name}: ${same} of ${expected.steps.length} steps are the same\n`)
  }
}

function show(where: string, expected: StepRecord, actual: StepRecord | undefined): void {
  process.stdout.write(`--- ${where}: docker ${expected.args.join(' ')}\n`)
  const before = lines(expected)
  const after = actual ? lines(actual) : []
  for (const line of before) if (!after.includes(line)) process.stdout.write(`-${line}\n`)
  for (const line of after) if (!before.includes(line)) process.stdout.write(`+${line}\n`)
}

function lines({ status, stdout, stderr }: StepRecord): string[] {
  return [`status ${status}`, ...stdout, ...stderr.map(line => `stderr: ${line}`)]
}
