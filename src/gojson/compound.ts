import { type GoType, type Place, read, within } from './gojson.ts'
import { OddNumber } from './parse.ts'
import { raw, rawList, rawMap, rawObject } from './raw-json.ts'
import { string } from './scalars.ts'
import { unfit } from './unfit.ts'

export function list<T>(of: GoType<T>, name = `[]${of.name}`): GoType<readonly T[] | null> {
  return {
    name,
    zero: null,
    read(value, at) {
      if (!Array.isArray(value)) throw unfit(value, name, at)
      return value.map((each: unknown, position) => read(of, each, within(at, position)))
    },
    isEmpty: value => value === null || value.length === 0,
    write: value => (value === null ? raw(null) : rawList(value.map(each => of.write(each)))),
  }
}

/** A list within a list: `null` is an empty one. */
export function innerList<T>(of: GoType<T>): GoType<readonly T[]> {
  const type = list(of)
  return { ...type, zero: [], read: (value, at) => type.read(value, at) ?? [] }
}

/** Docker's `StrSlice`: strings, of which one alone need not be in a list. Where it is Go doesn't tell. */
export const stringOrList: GoType<readonly string[] | null> = {
  ...list(string),
  read(value) {
    if (typeof value === 'string') return [value]
    if (!Array.isArray(value)) throw unfit(value, 'string', '')
    return value.map((each: unknown) => {
      if (each === null || typeof each === 'string') return each ?? ''
      throw unfit(value, 'string', '')
    })
  },
}

/** Go's `[2]T`: missing items are zero, further ones are dropped. */
export function pair<T>(of: GoType<T>): GoType<readonly [T, T]> {
  const name = `[2]${of.name}`
  return {
    name,
    zero: [of.zero, of.zero],
    read(value, at) {
      if (!Array.isArray(value)) throw unfit(value, name, at)
      return [read(of, value[0], within(at, 0)), read(of, value[1], within(at, 1))]
    },
    isEmpty: () => false,
    write: value => rawList(value.map(each => of.write(each))),
  }
}

export function map<T>(of: GoType<T>, name = `map[string]${of.name}`): GoType<Readonly<Record<string, T>> | null> {
  return {
    name,
    zero: null,
    read: (value, at) =>
      Object.fromEntries(
        entriesOf(value, name, at).map(([key, each]) => [key, read(of, each, within(at, key))] as const),
      ),
    isEmpty: value => value === null || Object.keys(value).length === 0,
    write: value =>
      value === null ? raw(null) : rawMap(Object.entries(value).map(([key, each]) => [key, of.write(each)] as const)),
  }
}

/** A pointer: `null` is its zero, and a zero behind it is not. */
export function pointer<T>(to: GoType<T>): GoType<T | null> {
  return {
    ...to,
    zero: null,
    isEmpty: value => value === null,
    write: value => (value === null ? raw(null) : to.write(value)),
  }
}

/** A field of a struct that is left out when it is empty. */
export function omitEmpty<T>(type: GoType<T>): GoType<NonNullable<T> | undefined> {
  return {
    name: type.name,
    zero: undefined,
    read(value, at) {
      const got = type.read(value, at)
      return type.isEmpty(got) ? undefined : (got ?? undefined)
    },
    isEmpty: value => value === undefined,
    write: value => (value === undefined ? raw(null) : type.write(value)),
  }
}

/** The types of a struct's fields, in Go's order. */
type Fields<T> = { readonly [K in keyof T]-?: GoType<T[K]> }

export interface StructType<T> extends GoType<T> {
  /** For structs that have the same fields and more. */
  readonly fields: Fields<T>
}

export function struct<T extends object>(name: string, fields: Fields<T>): StructType<T> {
  const types = Object.entries(fields) as [string, GoType<unknown>][]
  const byName = new Map(types.map(([field, type]) => [field.toLowerCase(), { field, type }]))
  /** What is undefined is left out. */
  const build = (values: ReadonlyMap<string, unknown>) => {
    const all = types.map(([field, type]) => [field, values.has(field) ? values.get(field) : type.zero] as const)
    return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as T
  }
  return {
    name,
    fields,
    zero: build(new Map()),
    read(value, at) {
      const values = new Map<string, unknown>()
      for (const [key, each] of entriesOf(value, name, at)) {
        const named = byName.get(key.toLowerCase())
        if (named && each !== null) values.set(named.field, named.type.read(each, within(at, key)))
      }
      return build(values)
    },
    isEmpty: () => false,
    write(value) {
      const values = new Map<string, unknown>(Object.entries(value))
      const there = types.filter(([field]) => values.get(field) !== undefined)
      return rawObject(there.map(([field, type]) => [field, type.write(values.get(field))] as const))
    },
  }
}

function entriesOf(value: unknown, name: string, at: Place): [string, unknown][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof OddNumber)
  if (isObject) return Object.entries(value)
  throw unfit(value, name, at)
}
