import { StrataError } from '../std/index.ts'
import type { Timestamp } from './archive.ts'
import { MAX_EXTENSION_BYTES } from './extensions.ts'

/** One record: `<length> <key>=<value>\n`, where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/**
 * The data of an extended header, sorted by key. Keys and values are byte strings.
 * @throws {StrataError} `invalid_argument` when it is larger than readers take.
 */
export function formatPax(records: ReadonlyMap<string, string>): Buffer {
  let text = ''
  for (const [key, value] of [...records].sort(([a], [b]) => (a < b ? -1 : 1))) text += record(key, value)
  if (text.length > MAX_EXTENSION_BYTES) {
    throw new StrataError('invalid_argument', 'archive/tar: header field too long')
  }
  return Buffer.from(text, 'latin1')
}

/** Decimal seconds, with as many digits of a fraction as there are; the inverse of `parseTime`. */
export function formatTime({ seconds, nanoseconds }: Timestamp): string {
  if (nanoseconds === 0) return String(seconds)
  const negative = seconds < 0
  const whole = negative ? -(seconds + 1) : seconds
  const fraction = negative ? 1_000_000_000 - nanoseconds : nanoseconds
  return `${negative ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
}
