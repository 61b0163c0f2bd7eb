import type { Filters } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'

/**
 * The `filters` of a query: `{"key":{"value":true}}`, or the older `{"key":["value"]}`; empty text is no filter.
 * Throws `invalid_argument` with Docker's text when it is neither, or when a key is not among the `accepted` ones.
 */
export function parseFilters(text: string, accepted: readonly string[]): Filters {
  return checkFilters(readFilters(text), accepted)
}

/** The `filters` of a query, whatever their keys. Throws `invalid_argument` when they are neither of the two. */
export function readFilters(text: string): Filters {
  if (text === '') return new Map()
  return new Map(Object.entries(parseObject(text)).map(([key, values]) => [key, valuesOf(values)]))
}

/** The filters, when all of their keys are among the `accepted` ones. Throws `invalid_argument` with Docker's text. */
export function checkFilters(filters: Filters, accepted: readonly string[]): Filters {
  for (const key of filters.keys()) {
    if (accepted.includes(key)) continue
    throw new StrataError('invalid_argument', key === '' ? 'invalid filter' : `invalid filter '${key}'`)
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
