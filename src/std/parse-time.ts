import { StrataError } from './errors.ts'

/** What a text says of a moment. */
export interface ParsedTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  /** Minutes that its zone is before UTC; absent when its layout has no zone. */
  readonly offset?: number
}

type Field = Exclude<keyof ParsedTime, 'offset'>

/** Two digits, and what they may come to. Days are compared with their month at the end. */
const numbers: Readonly<Record<string, { readonly field: Field; readonly least: number; readonly most: number }>> = {
  '01': { field: 'month', least: 1, most: 12 },
  '02': { field: 'day', least: 0, most: 99 },
  '15': { field: 'hour', least: 0, most: 23 },
  '04': { field: 'minute', least: 0, most: 59 },
  '05': { field: 'second', least: 0, most: 59 },
}

/** Go's layout of RFC 3339, which its JSON has for times. */
export const RFC3339 = '2006-01-02T15:04:05Z07:00'

const ELEMENTS = /2006|01|02|15|04|05|\.999999999|Z07:00|./g

/**
 * Go's `time.Parse`, for layouts of the elements of RFC 3339 (`2006-01-02T15:04:05.999999999Z07:00`). An hour may have one
 * digit, seconds may have a fraction whatever the layout says. Throws `invalid_argument` with Go's text.
 */
export function parseTime(layout: string, text: string): ParsedTime {
  const parsed = { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 }
  let offset: number | undefined
  let rest = text
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest) ?? undefined
    rest = rest.slice(found?.[0].length ?? 0)
    return found
  }
  const unlike = (element: string) =>
    invalid(`parsing time ${quoted(text)} as ${quoted(layout)}: cannot parse ${quoted(rest)} as ${quoted(element)}`)
  const invalidIn = (problem: string) => invalid(`parsing time ${quoted(text)}: ${problem}`)
  for (const [element] of layout.matchAll(ELEMENTS)) {
    const number = numbers[element]
    if (number) {
      const { field, least, most } = number
      const digits = take(field === 'hour' ? /^\d\d?/ : /^\d\d/)?.[0]
      if (digits === undefined) throw unlike(element)
      const value = Number(digits)
      if (value < least || value > most) throw invalidIn(`${field} out of range`)
      parsed[field] = value
      if (field === 'second') parsed.nanosecond = nanoseconds(take(/^[.,](\d+)/)?.[1])
    } else if (element === '2006') {
      const digits = take(/^\d{4}/)?.[0]
      if (digits === undefined) throw unlike(element)
      parsed.year = Number(digits)
    } else if (element === 'Z07:00') {
      const found = take(/^(?:Z|([+-])(\d\d):(\d\d))/)
      if (!found) throw unlike(element)
      const [, sign, hours = '0', minutes = '0'] = found
      if (Number(minutes) > 60) throw invalidIn('time zone offset minute out of range')
      if (Number(hours) > 24) throw invalidIn('time zone offset hour out of range')
      offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    } else if (element !== '.999999999') {
      if (!rest.startsWith(element)) throw unlike(element)
      rest = rest.slice(element.length)
    }
  }
  if (rest !== '') throw invalidIn(`extra text: ${quoted(rest)}`)
  if (parsed.day < 1 || parsed.day > daysIn(parsed.year, parsed.month)) throw invalidIn('day out of range')
  return { ...parsed, ...(offset !== undefined && { offset }) }
}

function nanoseconds(fraction = ''): number {
  return Number(fraction.slice(0, 9).padEnd(9, '0'))
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** As Go's package `time` quotes: bytes that are no printable ASCII as `\xff`. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[^\x20-\x7f]/gu, odd =>
      Array.from(Buffer.from(odd), byte => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    )
  return `"${escaped}"`
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
