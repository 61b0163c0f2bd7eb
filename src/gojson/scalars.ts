import type { GoType } from './gojson.ts'
import { OddNumber } from './parse.ts'
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
function integer(name: string, least: bigint, most: bigint): GoType<number> {
  return {
    ...scalar(name, 0, value => typeof value === 'number'),
    read(value, at) {
      const written = value instanceof OddNumber ? value.written : typeof value === 'number' ? String(value) : ''
      if (!/^-?\d+$/.test(written)) throw unfit(value, name, at)
      const whole = BigInt(written)
      if (whole < least || whole > most) throw unfit(value, name, at)
      return Number(whole)
    },
  }
}

const [least64, most64] = [-(2n ** 63n), 2n ** 63n - 1n]
export const int = integer('int', least64, most64)
export const int64 = integer('int64', least64, most64)
export const duration = integer('time.Duration', least64, most64)
export const uint = integer('uint', 0n, 2n ** 64n - 1n)
export const uint64 = integer('uint64', 0n, 2n ** 64n - 1n)
export const fileMode = integer('fs.FileMode', 0n, 2n ** 32n - 1n)
export const uint16 = integer('uint16', 0n, 65_535n)
