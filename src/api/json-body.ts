import type { IncomingHttpHeaders } from 'node:http'
import { type Bytes, collect, messageOf, StrataError } from '../std/index.ts'
import { decode, type Shape } from './shape.ts'

/** The most bytes of a JSON body that are read. */
const limit = 8 * 1024 * 1024

export interface JsonBodyOptions {
  /** Go's name of the root in error texts. */
  readonly root?: string
  /** Whatever the Content-Type says, it is JSON. */
  readonly anyType?: boolean
  /** No body at all is an error. */
  readonly required?: boolean
}

/** A request's body, wherever it comes from. */
export interface Body {
  readonly headers: IncomingHttpHeaders
  readonly bytes: Bytes
}

/**
 * Reads a JSON body and gives it the shape. `null` and no body are the shape's zero value.
 * Throws `invalid_argument` with dockerd's texts.
 */
export async function readJson<T>(body: Body, shape: Shape<T>, options: JsonBodyOptions = {}): Promise<T> {
  const bytes = await collect(body.bytes, limit)
  const type = body.headers['content-type']
  if (!options.anyType && (bytes.byteLength > 0 || type !== undefined)) checkContentType(type)
  if (bytes.byteLength === 0) {
    if (options.required) throw invalid('invalid JSON: got EOF while reading request body')
    return shape.zero()
  }
  const value = parseJson(bytes.toString('utf8'))
  if (value === null && options.required) throw invalid('config cannot be empty in order to create a container')
  return decode(shape, value, options.root ?? '')
}

function checkContentType(header: string | undefined): void {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === '') throw invalid(`malformed Content-Type header (${header ?? ''}): mime: no media type`)
  if (type !== 'application/json') {
    throw invalid(`unsupported Content-Type header (${type}): must be 'application/json'`)
  }
}

/** Throws `invalid_argument` with Go's text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(describe(text, messageOf(error)))
  }
}

/** V8's complaint in the words of Go. */
function describe(text: string, message: string): string {
  const [, position] = /at position (\d+)/.exec(message) ?? []
  const at = position === undefined ? undefined : Number(position)
  if (message.includes('after JSON at position')) return 'unexpected content after JSON'
  if (/end of JSON|^Unterminated/.test(message) || at === text.length) return 'invalid JSON: unexpected EOF'
  const character = /^Unexpected token '?(.*?)'?, /su.exec(message)?.[1] ?? (at === undefined ? undefined : text[at])
  if (character === undefined) return `invalid JSON: ${message}`
  return `invalid JSON: invalid character '${character}' looking for beginning of value`
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
