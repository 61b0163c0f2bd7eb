import type { RawJSON } from './raw-json.ts'

/**
 * JSON as Go reads it into its types and writes it from them, for what comes from clients of Docker and goes to them, and for
 * documents whose digests depend on how they are written.
 *
 * A _type_ is a value that knows how its Go namesake is read and written; types are made of types (`list(string)`), and the
 * TypeScript type follows. Reading does what Go does: members of objects that no field has are ignored, names match without
 * case, `null` and absence are the zero value, a value of the wrong kind is refused in Go's words. A _struct_ that was read
 * has every field of its TypeScript type, in Go's order.
 */
export interface GoType<T> {
  /** Go's name of it, for error texts. */
  readonly name: string
  /** What is there when the JSON has nothing, or null. */
  readonly zero: T
  /** Reads what is neither null nor undefined. Throws `invalid_argument`. */
  read(value: unknown, at: Place): T
  /** Whether Go's `omitempty` leaves it out. */
  isEmpty(value: T): boolean
  write(value: T): RawJSON
}

/** Where in a document a value is: what Go calls the type of the whole, or nothing, and `.key` for each step from there. */
export type Place = string

/** Reads a value of a document, parsed; at the beginning the whole. Throws `invalid_argument`. */
export function read<T>(type: GoType<T>, value: unknown, at: Place = ''): T {
  return value === null || value === undefined ? type.zero : type.read(value, at)
}

/** The place of a member or an element. */
export function within(at: Place, key: string | number): Place {
  return `${at}.${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
