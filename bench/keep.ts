import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { succeed } from '../e2e/fixtures/processes.ts'
import type { Conditions } from './conditions.ts'
import type { Result } from './result.ts'
import { document } from './table.ts'

interface Found extends Conditions {
  readonly results: readonly Result[]
}

/**
 * Writes RESULTS.md and results.json into `folder`. Rows that were not measured this time stay as they are when the machine
 * is still the same.
 */
export async function keep(folder: string, found: Found, order: readonly string[]): Promise<void> {
  const json = join(folder, 'results.json')
  const before = JSON.parse(await readFile(json, 'utf8')) as Found
  const old = isDeepStrictEqual(before.machine, found.machine) ? before.results : []
  const results = order.flatMap(id => [...found.results, ...old].find(each => each.id === id) ?? [])
  await writeFile(join(folder, 'RESULTS.md'), document({ ...found, results }))
  await writeFile(json, JSON.stringify({ ...found, results }))
  await succeed([join(folder, '../node_modules/.bin/biome'), 'format', '--write', json])
}
