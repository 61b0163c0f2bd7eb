import { StrataError } from '../std/index.ts'

/** The query of a request, read as Docker reads it. */
export interface Query {
  /** The first value, or empty. */
  text(name: string): string
  /** All values, in their order. */
  all(name: string): readonly string[]
  /** The first value, or undefined when absent or empty. */
  optional(name: string): string | undefined
  /** Anything but nothing, `0`, `no`, `false` and `none` is true. */
  flag(name: string): boolean
  /** A decimal integer; undefined when absent or empty. Throws `internal`, as dockerd does, with Go's text. */
  integer(name: string): number | undefined
  /** `seconds[.nanoseconds]` as nanoseconds; undefined when absent or empty. Throws `internal`, too. */
  time(name: string): bigint | undefined
}

const no = new Set(['', '0', 'no', 'false', 'none'])

export function parseQuery(search: string): Query {
  const values = new URLSearchParams(search)
  const text = (name: string) => values.get(name) ?? ''
  return {
    text,
    all: name => values.getAll(name),
    optional: name => text(name) || undefined,
    flag: name => !no.has(text(name).trim().toLowerCase()),
    integer: name => (text(name) === '' ? undefined : parseInteger(text(name))),
    time: name => (text(name) === '' ? undefined : parseTime(text(name))),
  }
}

function parseInteger(text: string): number {
  const value = Number(text)
  if (!/^[+-]?[0-9]+$/.test(text)) throw notANumber('Atoi', text)
  if (!Number.isSafeInteger(value)) throw notANumber('Atoi', text, 'value out of range')
  return value
}

/** Go's `time.Unix(seconds, nanoseconds)` of `12`, `12.5` (half a second) or `-1`. */
function parseTime(text: string): bigint {
  const [seconds = '', fraction] = text.split('.', 2)
  if (!/^[+-]?[0-9]{1,18}$/.test(seconds)) throw notANumber('ParseInt', seconds)
  if (fraction !== undefined && !/^[0-9]{1,18}$/.test(fraction)) throw notANumber('ParseInt', fraction)
  const nanoseconds = BigInt((fraction ?? '').slice(0, 9).padEnd(9, '0'))
  return BigInt(seconds) * 1_000_000_000n + nanoseconds
}

function notANumber(parser: string, text: string, why = 'invalid syntax'): StrataError {
  return new StrataError('internal', `strconv.${parser}: parsing ${JSON.stringify(text)}: ${why}`)
}

/** Height and width of a terminal: the `h` and `w` of a resize. Throws `invalid_argument` with Docker's text. */
export function parseSize(query: Query): { height: number; width: number } {
  return { height: dimension('height', query.text('h')), width: dimension('width', query.text('w')) }
}

function dimension(name: string, text: string): number {
  const why = !/^[0-9]+$/.test(text) ? 'invalid syntax' : Number(text) > 0xffff_ffff ? 'value out of range' : undefined
  if (why) throw new StrataError('invalid_argument', `invalid resize ${name} ${JSON.stringify(text)}: ${why}`)
  return Number(text)
}
