import { StrataError } from '../std/index.ts'
import type { Place } from './gojson.ts'
import { OddNumber } from './parse.ts'

/** Go's error for a value of the wrong kind. `type` is Go's name of the right one. */
export function unfit(value: unknown, type: string, at: Place): StrataError {
  // Go doesn't tell a number that is a key from one that is an index.
  const into = !at.includes('.') ? 'Go value' : /\.\d+$/.test(at) ? at : `Go struct field ${at}`
  return new StrataError(
    'invalid_argument',
    `json: cannot unmarshal ${kindOf(value, type)} into ${into} of type ${type}`,
  )
}

function kindOf(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || value instanceof OddNumber) {
    const written = value instanceof OddNumber ? value.written : value
    return /^u?int|^time\.Duration|^fs\.FileMode/.test(type) ? `number ${written}` : 'number'
  }
  return typeof value === 'boolean' ? 'bool' : typeof value
}
