import { StrataError } from '../std/index.ts'
import type { GoType } from './gojson.ts'
import { raw } from './raw-json.ts'
import { unfit } from './unfit.ts'

const layout = '2006-01-02T15:04:05Z07:00'
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-](\d\d):(\d\d))$/

/** A time of RFC 3339, read into the form in which Go writes it: no zeros at the end of the fraction, and no offset of nothing. */
export const time: GoType<string> = {
  name: 'time.Time',
  zero: '0001-01-01T00:00:00Z',
  read(value, at) {
    if (typeof value === 'string') return normalised(value)
    throw unfit(value, 'time.Time', at)
  },
  isEmpty: () => false,
  write: raw,
}

function normalised(text: string): string {
  const [, year, month, day, hour, minute, second, fraction = '', zone, zoneHour = '0', zoneMinute = '0'] =
    rfc3339.exec(text) ?? []
  const quoted = JSON.stringify(text)
  if (year === undefined) throw invalid(`parsing time ${quoted} as "${layout}": cannot parse ${quoted} as "2006"`)
  const outOfRange = (what: string) => invalid(`parsing time ${quoted}: ${what} out of range`)
  if (Number(month) < 1 || Number(month) > 12) throw outOfRange('month')
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) throw outOfRange('day')
  if (Number(hour) > 23) throw outOfRange('hour')
  if (Number(minute) > 59) throw outOfRange('minute')
  if (Number(second) > 59) throw outOfRange('second')
  if (Number(zoneHour) > 23) throw outOfRange('time zone offset hour')
  if (Number(zoneMinute) > 59) throw outOfRange('time zone offset minute')
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  const offset = Number(zoneHour) === 0 && Number(zoneMinute) === 0 ? 'Z' : zone
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${digits && `.${digits}`}${offset}`
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
