import type { Filters } from '../apitypes/index.ts'
import { reworded, StrataError } from '../std/index.ts'

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

/** Go's `time.ParseDuration`. */
function beforeNow(value: string, now: number): number | undefined {
  const [, sign, terms] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(value) ?? []
  if (terms === undefined) return undefined
  let duration = 0
  for (const [, number, unit] of terms.matchAll(/([\d.]+)([^\d.]+)/g)) duration += Number(number) * units[unit!]!
  return sign === '-' ? now + duration : now - duration
}

const date = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d\d:\d\d)?( .*)?$/

function dateOf(value: string): number | undefined {
  const found = date.exec(value)
  if (!found) return undefined
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '0',
    zone = '',
    extra,
  ] = found
  const outOfRange = (what: string) =>
    new StrataError('invalid_argument', `parsing time ${JSON.stringify(value)}: ${what} out of range`)
  if (Number(month) < 1 || Number(month) > 12) throw outOfRange('month')
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(day) < 1 || Number(day) > days) throw outOfRange('day')
  if (Number(hour) > 23) throw outOfRange('hour')
  if (Number(minute) > 59) throw outOfRange('minute')
  if (Number(second) > 59) throw outOfRange('second')
  if (extra) {
    const what = `extra text: ${JSON.stringify(extra)}`
    throw new StrataError('invalid_argument', `parsing time ${JSON.stringify(value)}: ${what}`)
  }
  const parsed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3)}${zone}`)
  return Number.isNaN(parsed) ? undefined : parsed
}

function secondsOf(value: string): number | undefined {
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) * 1000 : undefined
}
