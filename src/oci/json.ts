import { StrataError, textOfBytes } from '../std/index.ts'

/** A JSON object from outside, of which nothing is known yet. */
export type JSONObject = Readonly<Record<string, unknown>>

export function invalid(message: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', message, cause === undefined ? {} : { cause })
}

/** The JSON object in `bytes`, in which what is no UTF-8 reads as U+FFFD, as in Go; `what` names it in errors. */
export function parseObject(bytes: Uint8Array, what: string): JSONObject {
  let value: unknown
  try {
    value = JSON.parse(textOfBytes(bytes).toWellFormed())
  } catch (error) {
    throw invalid(`${what} is not valid JSON`, error)
  }
  return objectOf(value, what)
}

export function objectOf(value: unknown, what: string): JSONObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is not a JSON object`)
  return value as JSONObject
}

export function stringOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw invalid(`${what} is not a string`)
  return value
}

export function arrayOf<T>(value: unknown, what: string, each: (element: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) throw invalid(`${what} is not a list`)
  return value.map((element, position) => each(element, `${what}[${position}]`))
}

/** A map whose values `each` reads. Keys such as `__proto__` are keys like any other. */
export function mapOf<T>(value: unknown, what: string, each: (element: unknown, what: string) => T): Record<string, T> {
  const entries = Object.entries(objectOf(value, what))
  return Object.fromEntries(entries.map(([key, element]) => [key, each(element, `${what}[${JSON.stringify(key)}]`)]))
}

/**
 * The fields of `object` that `readers` name, each read by its reader. Absent fields and, as Go's decoder has it, fields
 * that are null stay absent; unknown ones are dropped.
 */
export function fieldsOf<Readers extends Readonly<Record<string, (value: unknown, what: string) => unknown>>>(
  object: JSONObject,
  what: string,
  readers: Readers,
): { [Field in keyof Readers]?: ReturnType<Readers[Field]> } {
  const entries: [string, unknown][] = []
  for (const [field, read] of Object.entries(readers)) {
    const value = Object.hasOwn(object, field) ? object[field] : undefined
    if (value !== undefined && value !== null) entries.push([field, read(value, `${what}.${field}`)])
  }
  return Object.fromEntries(entries) as { [Field in keyof Readers]?: ReturnType<Readers[Field]> }
}
