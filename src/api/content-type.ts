/** Of RFC 2045. */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const mediaType = new RegExp(`^(${TOKEN})?(/(${TOKEN})?)?(.*)$`, 's')
const parameter = new RegExp(`\\s*;\\s*(${TOKEN})\\s*=\\s*(${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`, 'sy')

/**
 * The media type that a Content-Type header tells, without its parameters, in lower case; or why it is none, in the words of
 * Go's `mime.ParseMediaType`.
 */
export function parseContentType(header: string): { readonly type: string } | { readonly malformed: string } {
  const [base = ''] = header.split(';', 1)
  const type = base.trim().toLowerCase()
  const problem = problemOfType(type) ?? problemOfParameters(header.slice(base.length))
  return problem === undefined ? { type } : { malformed: `mime: ${problem}` }
}

function problemOfType(text: string): string | undefined {
  const [, main, slash, sub, rest] = mediaType.exec(text) ?? []
  if (main === undefined) return 'no media type'
  if (slash === undefined) return rest === '' ? undefined : 'expected slash after first token'
  if (sub === undefined) return 'expected token after slash'
  return rest === '' ? undefined : 'unexpected content after media subtype'
}

function problemOfParameters(text: string): string | undefined {
  const values = new Map<string, string>()
  let at = 0
  for (;;) {
    parameter.lastIndex = at
    const [whole, name = '', value = ''] = parameter.exec(text) ?? []
    if (whole === undefined) break
    const key = name.toLowerCase()
    if ((values.get(key) ?? value) !== value) return 'duplicate parameter name'
    values.set(key, value)
    at += whole.length
  }
  return /^\s*;?\s*$/.test(text.slice(at)) ? undefined : 'invalid media parameter'
}
