import type { Filters } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import { hasLabel } from './list.ts'

/** The value of a filter that is true or false; undefined when it is not given. Throws Docker's text for another one. */
export function boolFilter(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key)
  if (!values) return undefined
  const no = values.some(value => value === '0' || value === 'false')
  const yes = values.some(value => value === '1' || value === 'true')
  if (no !== yes) return yes
  const shown = values.length > 0 ? `=[${values.join(' ')}]` : ''
  throw new StrataError('invalid_argument', `invalid filter '${key}${shown}'`)
}

/** Whether labels have all of the `label` and not all of the `label!` filters, each `key` or `key=value`. */
export function labelTest(filters: Filters): (labels: Readonly<Record<string, string>> | null) => boolean {
  const wanted = filters.get('label') ?? []
  const unwanted = filters.get('label!') ?? []
  return labels => {
    const has = (text: string) => hasLabel(labels, text)
    return wanted.every(has) && !(unwanted.length > 0 && unwanted.every(has))
  }
}

/** Whether a text is one of the filter's values; true when there are none. */
export function exactTest(filters: Filters, key: string): (text: string) => boolean {
  const values = filters.get(key) ?? []
  return text => values.length === 0 || values.includes(text)
}

/**
 * Whether a text matches one of the filter's values, which are regular expressions; true when there are none. Malformed
 * ones and those of more than 256 characters match what they are equal to.
 */
export function patternTest(filters: Filters, key: string): (text: string) => boolean {
  const values = filters.get(key) ?? []
  const patterns = values.flatMap(value => patternOf(value) ?? [])
  return text => values.length === 0 || values.includes(text) || patterns.some(pattern => pattern.test(text))
}

function patternOf(value: string): RegExp | undefined {
  if (value.length > 256) return undefined
  try {
    return new RegExp(value)
  } catch {
    return undefined
  }
}
