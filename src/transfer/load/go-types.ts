import { invalid, kindOf, unfit } from './go-json.ts'
import { goTime } from './go-time.ts'
import { type RawJSON, rawList, rawMap, rawNumber, rawObject, rawText } from './raw-json.ts'

/** How Go reads a type from JSON, and writes it. */
export interface GoType<T> {
  /** What is there when the JSON has nothing, or null. */
  readonly zero: T
  /** Reads what is not null. `into` is where in a Go value it goes, in the words of its errors. Throws `invalid_argument`. */
  read(value: unknown, into: Place): T
  write(value: T): RawJSON
  /** Of a struct, whether it is left out when it is empty. */
  readonly omitEmpty?: true
}

/** Where in a Go value a value goes: nowhere for the whole. */
export interface Place {
  readonly path: string
  /** It is an element of a list. */
  readonly element?: true
}

function unfitAt(value: unknown, type: string, { path, element }: Place): Error {
  return unfit(value, type, path === '' ? undefined : element ? path : `Go struct field ${path}`)
}

const nothing = rawNumber(null)

export const string: GoType<string> = {
  zero: '',
  read(value, into) {
    if (typeof value === 'string') return value
    throw unfitAt(value, 'string', into)
  },
  write: rawText,
}

export const bool: GoType<boolean> = {
  zero: false,
  read(value, into) {
    if (typeof value === 'boolean') return value
    throw unfitAt(value, 'bool', into)
  },
  write: rawNumber,
}

/** Whole numbers that a double holds. */
export function integer(type: 'int' | 'int64' | 'time.Duration'): GoType<number> {
  return {
    zero: 0,
    read(value, into) {
      if (Number.isSafeInteger(value)) return value as number
      if (typeof value !== 'number') throw unfitAt(value, type, into)
      throw invalid(`json: cannot unmarshal number ${value} into Go struct field ${into.path} of type ${type}`)
    },
    write: rawNumber,
  }
}

/** A pointer: absent is nil. */
export function pointer<T>(type: GoType<T>): GoType<T | undefined> {
  return {
    zero: undefined,
    read: (value, into) => type.read(value, into),
    write: value => (value === undefined ? nothing : type.write(value)),
  }
}

export const time: GoType<string> = {
  zero: '0001-01-01T00:00:00Z',
  read(value, into) {
    if (typeof value === 'string') return goTime(value)
    throw unfitAt(value, 'time.Time', into)
  },
  write: rawText,
}

function writeStrings(value: readonly string[] | undefined): RawJSON {
  return value ? rawList(value.map(rawText)) : nothing
}

export const strings: GoType<readonly string[] | undefined> = {
  zero: undefined,
  read(value, into) {
    if (!Array.isArray(value)) throw unfitAt(value, '[]string', into)
    return value.map((each: unknown, position) =>
      each === null ? '' : string.read(each, { path: `${into.path}.${position}`, element: true }),
    )
  },
  write: writeStrings,
}

/** Docker's `strslice.StrSlice`: a list of texts, or one alone. */
export const stringOrStrings: GoType<readonly string[] | undefined> = {
  zero: undefined,
  read(value) {
    if (typeof value === 'string') return [value]
    if (!Array.isArray(value)) throw unfit(value, 'string')
    const list: readonly unknown[] = value
    return list.map(each => {
      if (each === null || typeof each === 'string') return each ?? ''
      throw unfit(value, 'string')
    })
  },
  write: writeStrings,
}

/** `type` is Go's name of the map. */
export function mapOf<T>(type: string, values: GoType<T>): GoType<ReadonlyMap<string, T> | undefined> {
  return {
    zero: undefined,
    read(value, into) {
      const entries = Object.entries(objectAt(value, type, into))
      return new Map(
        entries.map(([key, each]) => [
          key,
          each === null ? values.zero : values.read(each, { path: `${into.path}.${key}` }),
        ]),
      )
    },
    write: value => (value ? rawMap(value.entries().map(([key, each]) => [key, values.write(each)])) : nothing),
  }
}

type Fields = Readonly<Record<string, GoType<unknown>>>
export type Struct<F extends Fields> = { readonly [Name in keyof F]: F[Name]['zero'] }

/** A struct with `fields` in Go's order; `type` is Go's name of it. Names in the JSON may be in any case; others are dropped. */
export function struct<F extends Fields>(type: string, fields: F): GoType<Struct<F>> {
  const names = new Map(Object.keys(fields).map(name => [name.toLowerCase(), name]))
  const zero = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.zero])) as Struct<F>
  return {
    zero,
    read(value, into) {
      const read: Record<string, unknown> = { ...zero }
      for (const [key, each] of Object.entries(objectAt(value, type, into))) {
        const name = names.get(key.toLowerCase())
        if (name === undefined || each === null) continue
        read[name] = fields[name]!.read(each, { path: `${into.path}.${key}` })
      }
      return read as Struct<F>
    },
    write(value) {
      const members = Object.entries(fields).filter(([name, { omitEmpty }]) => !(omitEmpty && isEmpty(value[name])))
      return rawObject(members.map(([name, field]) => [name, field.write(value[name])]))
    },
  }
}

/** A field of a struct that is not written when it is empty. */
export function orOmitted<T>(type: GoType<T>): GoType<T> {
  return { ...type, omitEmpty: true }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (value instanceof Map) return value.size === 0
  return value === undefined || value === '' || value === 0 || value === false
}

function objectAt(value: unknown, type: string, into: Place): object {
  if (kindOf(value) === 'object' && value !== null) return value as object
  throw unfitAt(value, type, into)
}
