import type { Filters } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import { boolFilter } from './filter-values.ts'

/** There are no plugins; the filters are checked all the same. */
export function listPlugins(filters: Filters): object[] {
  boolFilter(filters, 'enabled')
  return []
}

export function inspectPlugin(name: string): never {
  throw new StrataError('not_found', `plugin "${name}" not found`)
}
