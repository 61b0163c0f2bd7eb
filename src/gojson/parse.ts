import { messageOf, StrataError } from '../std/index.ts'

/** A number that is not written as a whole one which a double holds: what a type makes of it depends on how it is written. */
export class OddNumber {
  readonly written: string

  constructor(written: string) {
    this.written = written
  }
}

/** JSON whose odd numbers are {@link OddNumber}s. */
function parse(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) => {
    const written = context?.source
    const isOdd =
      typeof value === 'number' && written !== undefined && !(Number.isSafeInteger(value) && written === `${value}`)
    return isOdd ? new OddNumber(written) : value
  })
}

/** How Go says what V8 complains of. */
const complaints: readonly (readonly [RegExp, string])[] = [
  [/after JSON/, 'after top-level value'],
  [/^Expected (double-quoted )?property name/, 'looking for beginning of object key string'],
  [/after property name/, 'after object key'],
  [/after property value/, 'after object key:value pair'],
  [/after array element/, 'after array element'],
  [/control character/, 'in string'],
  [/./, 'looking for beginning of value'],
]

/** The value that a text begins with, as Go's `Decoder` takes it. Throws `invalid_argument` with Go's text: `EOF` for none. */
export function parseFirst(text: string): { readonly value: unknown; readonly rest: string } {
  if (text.trim() === '') throw new StrataError('invalid_argument', 'EOF')
  try {
    return { value: parse(text), rest: '' }
  } catch (error) {
    const at = Number(/after JSON at position (\d+)/.exec(messageOf(error))?.[1])
    if (at >= 0) return { value: parse(text.slice(0, at)), rest: text.slice(at) }
    throw refusal(text, error, 'unexpected EOF')
  }
}

/** The value that a text is, as Go's `Unmarshal` takes it. Throws `invalid_argument` with Go's text. */
export function parseWhole(text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw refusal(text, error, 'unexpected end of JSON input')
  }
}

function refusal(text: string, error: unknown, cutOff: string): StrataError {
  const message = messageOf(error)
  const position = Number(/at position (\d+)/.exec(message)?.[1])
  const character = /^Unexpected token '(.+?)', /su.exec(message)?.[1] ?? text[position]
  const shown = character === '"' ? character : JSON.stringify(character)?.slice(1, -1)
  const complaint = complaints.find(([pattern]) => pattern.test(message))?.[1]
  const said = character === undefined ? cutOff : `invalid character '${shown}' ${complaint}`
  return new StrataError('invalid_argument', said, { cause: error })
}
