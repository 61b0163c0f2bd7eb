import { badDockerfile, quoted } from './error.ts'

/** In nanoseconds. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}
const PART = /(\d+\.?\d*|\.\d+)([^\d.]*)/y

/** `1h30m`, `1.5s`, `-2ms` as nanoseconds, as Go's time.ParseDuration. Throws `invalid_argument` with its texts. */
export function parseDuration(text: string): number {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (rest === '0') return 0
  let total = 0
  PART.lastIndex = 0
  while (rest !== '' && PART.lastIndex < rest.length) {
    const [, number, unit] = PART.exec(rest) ?? []
    if (number === undefined) throw badDockerfile(`time: invalid duration ${quoted(text)}`)
    if (unit === '') throw badDockerfile(`time: missing unit in duration ${quoted(text)}`)
    const nanoseconds = units[unit!]
    if (nanoseconds === undefined) {
      throw badDockerfile(`time: unknown unit ${quoted(unit!)} in duration ${quoted(text)}`)
    }
    total += Number(number) * nanoseconds
  }
  if (rest === '' || total > 2 ** 63) throw badDockerfile(`time: invalid duration ${quoted(text)}`)
  return Math.trunc(sign === '-' ? -total : total)
}
