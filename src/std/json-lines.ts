import type { Bytes } from './bytes.ts'
import { StrataError } from './errors.ts'

/** The most bytes of one line. */
const LONGEST = 16 * 1024 * 1024

/**
 * The values of a stream of JSON texts, one a line; empty lines are passed over. Only trusted to be of type `T`.
 * Throws `internal` for a line that is no JSON or has more than 16 MiB.
 */
export async function* jsonLines<T>(bytes: Bytes): AsyncGenerator<T> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST) throw new StrataError('internal', 'a line of JSON is too long')
    for (const line of lines) if (line.trim() !== '') yield parsed<T>(line)
  }
  rest += decoder.decode()
  if (rest.trim() !== '') yield parsed<T>(rest)
}

function parsed<T>(line: string): T {
  try {
    return JSON.parse(line) as T
  } catch (error) {
    throw new StrataError('internal', 'a line that should be JSON is not', { cause: error })
  }
}
