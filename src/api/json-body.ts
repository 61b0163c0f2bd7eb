import type { IncomingHttpHeaders } from 'node:http'
import { type GoType, parseFirst, read } from '../gojson/index.ts'
import { type Bytes, collect, reworded, StrataError } from '../std/index.ts'
import { parseContentType } from './content-type.ts'

/** The most bytes of a JSON body that are read. */
const limit = 8 * 1024 * 1024

export interface JsonBodyOptions {
  /** Go's name of the root in error texts. */
  readonly root?: string
  /** No body at all is an error; `otherwise` is that of a body with none of these fields. */
  readonly required?: { readonly fields: readonly string[]; readonly otherwise: string }
}

/** A request's body, wherever it comes from. */
export interface Body {
  readonly headers: IncomingHttpHeaders
  readonly bytes: Bytes
}

/**
 * Reads a JSON body. `null` and no body are the type's zero value.
 * Throws `invalid_argument` with dockerd's texts.
 */
export async function readJson<T>(body: Body, type: GoType<T>, options: JsonBodyOptions = {}): Promise<T> {
  const bytes = await collect(body.bytes, limit)
  const contentType = body.headers['content-type']
  if (bytes.byteLength > 0 || contentType !== undefined) checkContentType(contentType)
  if (bytes.byteLength === 0 && !options.required) return type.zero
  const { value, content, rest } = reworded(
    () => readFirst(bytes, type, options.root),
    message => invalid(`invalid JSON: ${message === 'EOF' ? 'got EOF while reading request body' : message}`),
  )
  if (rest.trim() !== '') throw invalid('unexpected content after JSON')
  if (options.required && !hasAny(value, options.required.fields)) throw invalid(options.required.otherwise)
  return content
}

/** Whether one of the fields is there, whatever its value. */
function hasAny(value: unknown, fields: readonly string[]): boolean {
  const names = new Set(fields.map(name => name.toLowerCase()))
  return Object.keys(value ?? {}).some(key => names.has(key.toLowerCase()))
}

/**
 * As {@link readJson}, for the requests that dockerd takes as they are: whatever the Content-Type says, and whatever follows.
 * Throws `internal` with dockerd's texts.
 */
export async function readAnyJson<T>(body: Body, type: GoType<T>): Promise<T> {
  const bytes = await collect(body.bytes, limit)
  return reworded(
    () => readFirst(bytes, type).content,
    message => new StrataError('internal', message),
  )
}

function readFirst<T>(bytes: Buffer, type: GoType<T>, root?: string) {
  const { value, rest } = parseFirst(bytes.toString('utf8'))
  return { value, content: read(type, value, root), rest }
}

function checkContentType(header = ''): void {
  const parsed = parseContentType(header)
  if ('malformed' in parsed) throw invalid(`malformed Content-Type header (${header}): ${parsed.malformed}`)
  if (parsed.type !== 'application/json') {
    throw invalid(`unsupported Content-Type header (${parsed.type}): must be 'application/json'`)
  }
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
