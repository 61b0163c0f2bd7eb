import type { GoType } from './gojson.ts'
import { raw } from './raw-json.ts'
import { unfit } from './unfit.ts'

function scalar<T extends string | number | boolean>(
  name: string,
  zero: T,
  accepts: (value: unknown) => value is T,
): GoType<T> {
  return {
    name,
    zero,
    read(value, at) {
      if (accepts(value)) return value
      throw unfit(value, name, at)
    },
    isEmpty: value => value === zero,
    write: raw,
  }
}

/** Go's `type name string`. */
export function stringNamed(name: string): GoType<string> {
  return scalar(name, '', value => typeof value === 'string')
}

export const string = stringNamed('string')
export const bool = scalar('bool', false, value => typeof value === 'boolean')

/** Beyond 2^53 it is as exact as a double. */
function integer(name: string, least: number, most: number): GoType<number> {
  return scalar(
    name,
    0,
    (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  )
}

export const int = integer('int', -(2 ** 63), 2 ** 63)
export const int64 = integer('int64', -(2 ** 63), 2 ** 63)
export const duration = integer('time.Duration', -(2 ** 63), 2 ** 63)
export const uint = integer('uint', 0, 2 ** 64)
export const uint64 = integer('uint64', 0, 2 ** 64)
export const fileMode = integer('fs.FileMode', 0, 2 ** 32 - 1)
export const uint16 = integer('uint16', 0, 65_535)
