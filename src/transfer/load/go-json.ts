import { StrataError } from '../../std/index.ts'

/** JSON as Go's decoder takes it, with its words. */

export function invalid(message: string, cause?: unknown): StrataError {
  return new StrataError('invalid_argument', message, cause === undefined ? {} : { cause })
}

/** Go's names of the kinds of JSON values. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** What a value of the wrong kind is refused with. `into` is where in a Go value it would go; undefined for the whole. */
export function unfit(value: unknown, type: string, into?: string): StrataError {
  return invalid(`json: cannot unmarshal ${kindOf(value)} into ${into ?? 'Go value'} of type ${type}`)
}

/** The value that a document begins with: what follows it doesn't matter. `name` is the document's. */
export function firstValue(bytes: Uint8Array, name: string): unknown {
  const text = Buffer.from(bytes).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    const at = /after JSON at position (\d+)/.exec((error as Error).message)?.[1]
    if (at !== undefined) return JSON.parse(text.slice(0, Number(at)))
    if (text.trim() === '') throw invalid('EOF', error)
    throw isCutOff(error) ? invalid('unexpected EOF', error) : malformed(name, error)
  }
}

/** The value that a document is. `name` is the document's. */
export function onlyValue(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw isCutOff(error) ? invalid('unexpected end of JSON input', error) : malformed(name, error)
  }
}

function isCutOff(error: unknown): boolean {
  return /^Unexpected end of JSON|^Unterminated string/.test((error as Error).message)
}

function malformed(name: string, error: unknown): StrataError {
  return invalid(`invalid ${name}: ${(error as Error).message}`, error)
}
