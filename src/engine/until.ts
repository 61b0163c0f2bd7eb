import type { Filters } from '../apitypes/index.ts'
import { type ParsedTime, parseTime, reworded, StrataError } from '../std/index.ts'

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
}

/** Go's longest duration, in milliseconds. */
const LONGEST = 2 ** 63 / 1e6

/**
 * The `until` of a prune, in milliseconds since the epoch; undefined when it is not given. A value is a Go duration before
 * `now`, a date with or without time and zone (the machine's zone), or seconds since the epoch.
 */
export function untilFilter(filters: Filters, now: number): number | undefined {
  const [value, ...more] = filters.get('until') ?? []
  if (value === undefined) return undefined
  if (more.length > 0) throw new StrataError('invalid_argument', 'more than one until filter specified')
  return momentOf(value, now)
}

/** One value of an `until`, in milliseconds since the epoch. Throws `invalid_argument` with Docker's text. */
export function momentOf(value: string, now: number): number {
  const moment = beforeNow(value, now) ?? dateOf(value) ?? secondsOf(value)
  if (moment !== undefined) return moment
  throw new StrataError('invalid_argument', `failed to parse value as time or duration: ${JSON.stringify(value)}`)
}

/** Reads an `until` of images: what is wrong with it dockerd tells as a failure of its own. Throws `internal`. */
export function ofImages<T>(read: () => T): T {
  return reworded(read, message => new StrataError('internal', message))
}

/** Go's `time.ParseDuration`; a lone 0 counts as seconds since the epoch. */
function beforeNow(value: string, now: number): number | undefined {
  const [, sign, terms] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(value) ?? []
  if (terms === undefined) return /^[+-]0$/.test(value) ? now : undefined
  let duration = 0
  for (const [, number, unit] of terms.matchAll(/([\d.]+)([^\d.]+)/g)) duration += Number(number) * units[unit!]!
  if (duration > LONGEST) return undefined
  return sign === '-' ? now + duration : now - duration
}

/** What has a `-` is a date, and what is wrong with it is told. Layouts are chosen as Docker chooses them. */
function dateOf(value: string): number | undefined {
  try {
    return momentFrom(parseTime(layoutOf(value), value))
  } catch (error) {
    if (value.includes('-')) throw error
    return undefined
  }
}

function layoutOf(value: string): string {
  const hasZone = /[zZ+]/.test(value) || value.split('-').length === 4
  const zone = hasZone ? 'Z07:00' : ''
  if (value.includes('.')) return `2006-01-02T15:04:05.999999999${zone}`
  if (!value.includes('T')) return `2006-01-02${zone}`
  const colons = value.split(':').length - 1
  // One of them is the zone's.
  const ofTime = hasZone && !/[zZ]/.test(value) ? colons - 1 : colons
  const time = ofTime <= 0 ? '15' : ofTime === 1 ? '15:04' : '15:04:05'
  return `2006-01-02T${time}${zone}`
}

function momentFrom({ year, month, day, hour, minute, second, nanosecond, offset }: ParsedTime): number {
  const moment = new Date(0)
  if (offset === undefined) {
    moment.setFullYear(year, month - 1, day)
    moment.setHours(hour, minute, second)
  } else {
    moment.setUTCFullYear(year, month - 1, day)
    moment.setUTCHours(hour, minute - offset, second)
  }
  return moment.getTime() + Math.trunc(nanosecond / 1e6)
}

function secondsOf(value: string): number | undefined {
  return /^\+?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) * 1000 : undefined
}
