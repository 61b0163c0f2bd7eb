import { StrataError } from '../std/index.ts'

/** Parses what a registry sent. Throws `unavailable` with the text of Go's parser, as far as it is told by the beginning. */
export function parseRegistryJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  try {
    return JSON.parse(text)
  } catch (error) {
    const first = text.trim()[0]
    const known = first !== undefined && !/[[{"\-\dtfn]/.test(first)
    const problem = known
      ? `invalid character '${first}' looking for beginning of value`
      : 'unexpected end of JSON input'
    throw new StrataError('unavailable', problem, { cause: error, details: { final: true } })
  }
}
