import { StrataError } from '../std/index.ts'

/**
 * Request bodies are read as Go reads JSON into a struct, so that clients meet what they know from Docker: unknown fields
 * are ignored, names match without case, `null` and absence are the zero value, a value of the wrong type is refused.
 * What comes out has every field of its TypeScript type, in the order of the shape.
 */
export interface Shape<T> {
  /** Go's name of the type, for error texts. */
  readonly go: string
  zero(): T
  /** `value` is neither null nor undefined. Throws `invalid_argument` with Go's text. */
  read(value: unknown, path: Path): T
  /** What Go's `omitempty` leaves out. */
  empty(value: T): boolean
  /** Whether a struct leaves it out when it is empty. */
  readonly omit?: boolean
}

/** Where in the body a value is: Go's name of the root struct, field names, map keys and list indexes. */
type Path = readonly (string | number)[]

/** Reads a whole, parsed body. */
export function decode<T>(shape: Shape<T>, value: unknown, root: string): T {
  return value === null || value === undefined ? shape.zero() : shape.read(value, [root])
}

function scalar<T extends string | number | boolean>(
  go: string,
  zero: T,
  accepts: (value: unknown) => value is T,
): Shape<T> {
  return {
    go,
    zero: () => zero,
    empty: value => value === zero,
    read: (value, path) => {
      if (accepts(value)) return value
      throw mismatch(value, path, go)
    },
  }
}

export const string = scalar('string', '', value => typeof value === 'string')
export const bool = scalar('bool', false, value => typeof value === 'boolean')

/** An integer of Go's type `go`. Beyond 2^53 it is as exact as a double. */
function integer(go: string, least: number, most: number): Shape<number> {
  return scalar(
    go,
    0,
    (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  )
}

export const int = integer('int', -(2 ** 63), 2 ** 63)
export const int64 = integer('int64', -(2 ** 63), 2 ** 63)
export const uint = integer('uint', 0, 2 ** 64)
export const uint64 = integer('uint64', 0, 2 ** 64)
export const uint32 = integer('uint32', 0, 2 ** 32 - 1)
export const uint16 = integer('uint16', 0, 65_535)

export function list<T>(of: Shape<T>): Shape<readonly T[] | null> {
  const go = `[]${of.go}`
  return {
    go,
    zero: () => null,
    empty: value => value === null || value.length === 0,
    read: (value, path) => {
      if (!Array.isArray(value)) throw mismatch(value, path, go)
      return value.map((item: unknown, index) => readOrZero(of, item, [...path, index]))
    },
  }
}

/** A list within a list: `null` is an empty one. */
export function innerList<T>(of: Shape<T>): Shape<readonly T[]> {
  const { go, read } = list(of)
  return { go, zero: () => [], empty: value => value.length === 0, read: (value, path) => read(value, path) ?? [] }
}

/** A list of strings, of which one alone need not be in a list: Docker's `StrSlice`, with its texts. */
export const stringOrList: Shape<readonly string[] | null> = {
  ...list(string),
  read: value => {
    if (typeof value === 'string') return [value]
    if (!Array.isArray(value) || !value.every(item => typeof item === 'string' || item === null)) {
      throw mismatch(value, [''], 'string')
    }
    return value.map(item => item ?? '')
  },
}

/** Go's `[2]T`: missing items are zero, further ones are dropped. */
export function pair<T>(of: Shape<T>): Shape<readonly [T, T]> {
  const go = `[2]${of.go}`
  return {
    go,
    zero: () => [of.zero(), of.zero()],
    empty: () => false,
    read: (value, path) => {
      if (!Array.isArray(value)) throw mismatch(value, path, go)
      return [readOrZero(of, value[0], [...path, 0]), readOrZero(of, value[1], [...path, 1])]
    },
  }
}

export function map<T>(of: Shape<T>): Shape<Readonly<Record<string, T>> | null> {
  const go = `map[string]${of.go}`
  return {
    go,
    zero: () => null,
    empty: value => value === null || Object.keys(value).length === 0,
    read: (value, path) =>
      Object.fromEntries(
        Object.entries(object(value, path, go)).map(([key, item]) => [key, readOrZero(of, item, [...path, key])]),
      ),
  }
}

/** A pointer: `null` is its zero, and a zero behind it is not. */
export function pointer<T>(to: Shape<T>): Shape<T | null> {
  return { go: to.go, zero: () => null, empty: value => value === null, read: to.read }
}

/** A field that is left out when it is empty. */
export function omitEmpty<T>(shape: Shape<T>): Shape<NonNullable<T>> {
  // Null is empty in every shape, and a struct never keeps an empty value of these.
  return { ...shape, omit: true } as unknown as Shape<NonNullable<T>>
}

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> }

export function struct<T extends object>(go: string, fields: Fields<T>): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][]
  const names = new Map(shapes.map(([name]) => [name.toLowerCase(), name]))
  const build = (values: ReadonlyMap<string, unknown>, path: Path) => {
    const entries = shapes.map(([name, shape]) => {
      const value = readOrZero(shape, values.get(name), [...path, name])
      return shape.omit && shape.empty(value) ? [] : [[name, value] as const]
    })
    return Object.fromEntries(entries.flat()) as T
  }
  return {
    go,
    zero: () => build(new Map(), []),
    empty: () => false,
    read: (value, path) => {
      const entries = Object.entries(object(value, path, go))
      return build(new Map(entries.map(([key, item]) => [names.get(key.toLowerCase()) ?? '', item])), path)
    },
  }
}

function readOrZero<T>(shape: Shape<T>, value: unknown, path: Path): T {
  return value === null || value === undefined ? shape.zero() : shape.read(value, path)
}

function object(value: unknown, path: Path, go: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw mismatch(value, path, go)
}

/** The error of Go's encoding/json. */
function mismatch(value: unknown, path: Path, go: string): StrataError {
  const last = path.at(-1)
  const where = path.map(step => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('.')
  const target =
    path.length === 1 ? `Go value of type ${go}` : typeof last === 'number' ? where : `Go struct field ${where}`
  const of = path.length === 1 ? '' : ` of type ${go}`
  return new StrataError(
    'invalid_argument',
    `invalid JSON: json: cannot unmarshal ${kindOf(value, go)} into ${target}${of}`,
  )
}

function kindOf(value: unknown, go: string): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return /^u?int/.test(go) ? `number ${value}` : 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
