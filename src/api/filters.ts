import type { Filters } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'

/**
 * The `filters` of a query: `{"key":{"value":true}}`, or the older `{"key":["value"]}`; empty text is no filter.
 * Throws `invalid_argument` with Docker's text when it is neither, or when a key is not among the `accepted` ones.
 */
export function parseFilters(text: string, accepted?: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>()
  if (text === '') return filters
  for (const [key, values] of Object.entries(parseObject(text))) {
    if (accepted && !accepted.includes(key)) {
      throw new StrataError('invalid_argument', key === '' ? 'invalid filter' : `invalid filter '${key}'`)
    }
    filters.set(key, valuesOf(values))
  }
  return filters
}

function parseObject(text: string): object {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw invalid()
  }
  if (parsed === null) return {}
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw invalid()
  return parsed
}

function valuesOf(values: unknown): string[] {
  if (Array.isArray(values)) {
    if (values.every(value => typeof value === 'string')) return [...new Set(values)]
    throw invalid()
  }
  if (values === null) return []
  if (typeof values !== 'object') throw invalid()
  if (Object.values(values).some(value => typeof value !== 'boolean')) throw invalid()
  return Object.keys(values)
}

function invalid(): StrataError {
  return new StrataError('invalid_argument', 'invalid filter')
}
