import { parseTime, RFC3339, StrataError } from '../std/index.ts'
import type { GoType } from './gojson.ts'
import { raw } from './raw-json.ts'
import { unfit } from './unfit.ts'

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-](\d\d):(\d\d))$/

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
  parseTime(RFC3339, text)
  const [, moment, fraction = '', zone, zoneHour = '0', zoneMinute = '0'] = rfc3339.exec(text) ?? []
  const invalid = (problem: string) =>
    new StrataError('invalid_argument', `parsing time ${JSON.stringify(text)}${problem}`)
  if (moment === undefined) throw invalid(` as "${RFC3339}": cannot parse ${JSON.stringify(text)} as "2006"`)
  if (Number(zoneHour) > 23) throw invalid(': time zone offset hour out of range')
  if (Number(zoneMinute) > 59) throw invalid(': time zone offset minute out of range')
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  const offset = Number(zoneHour) === 0 && Number(zoneMinute) === 0 ? 'Z' : zone
  return `${moment}${digits && `.${digits}`}${offset}`
}
