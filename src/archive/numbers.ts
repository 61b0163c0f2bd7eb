import type { Timestamp } from './archive.ts'
import { Malformed } from './malformed.ts'

/**
 * A numeric header field: octal digits padded with spaces or NULs, or, when the first bit is set, a big-endian two's
 * complement number in the remaining bits (GNU and star "base 256"). Empty fields are 0.
 * @throws {Malformed} on other bytes, and on numbers that JavaScript can't hold exactly (beyond 2^53).
 */
export function parseNumeric(block: Uint8Array, start: number, length: number, field: string): number {
  return block[start]! & 0x80 ? parseBase256(block, start, length, field) : parseOctal(block, start, length, field)
}

/** The octal form only: the checksum field, and most others. */
export function parseOctal(block: Uint8Array, start: number, length: number, field: string): number {
  const end = start + length
  let at = start
  while (at < end && isPadding(block[at]!)) at++
  let value = 0
  for (; at < end; at++) {
    const digit = block[at]! - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  if (at < end && block[at] !== 0) {
    while (at < end && isPadding(block[at]!)) at++
    if (at < end) throw new Malformed(`${field} is not a number`)
  }
  return value
}

function isPadding(byte: number): boolean {
  return byte === 0x20 || byte === 0
}

function parseBase256(block: Uint8Array, start: number, length: number, field: string): number {
  const invert = block[start]! & 0x40 ? 0xff : 0
  let value = (block[start]! ^ invert) & 0x7f
  for (let at = start + 1; at < start + length; at++) value = value * 256 + (block[at]! ^ invert)
  if (value > Number.MAX_SAFE_INTEGER - 1) throw new Malformed(`${field} is too large`)
  return invert ? -value - 1 : value
}

/**
 * A decimal number of a PAX record.
 * @throws {Malformed} on anything but digits with an optional sign, and beyond 2^53.
 */
export function parseDecimal(text: string, field: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new Malformed(`${field} is not a number`)
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Malformed(`${field} is too large`)
  return value === 0 ? 0 : value
}

/**
 * A time of a PAX record: decimal seconds with any number of fraction digits, of which nine count; negative before 1970.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_05
 */
export function parseTime(text: string, field: string): Timestamp {
  const dot = text.indexOf('.')
  const whole = parseDecimal(dot < 0 ? text : text.slice(0, dot), field)
  const fraction = dot < 0 ? '' : text.slice(dot + 1)
  if (!/^[0-9]*$/.test(fraction)) throw new Malformed(`${field} is not a time`)
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (nanoseconds === 0 || !text.startsWith('-')) return { seconds: whole, nanoseconds }
  return { seconds: whole - 1, nanoseconds: 1_000_000_000 - nanoseconds }
}
