import type { Dockerfile, Operands, Statement } from '../build.ts'

/** A Dockerfile in the notation of BuildKit's golden cases: a list for each statement, keywords in lower case. */
export function dump({ statements }: Dockerfile): string {
  return statements.map(statement => `${dumpStatement(statement)}\n`).join('')
}

function dumpStatement({ keyword, flags, operands }: Statement): string {
  const parts = [keyword.toLowerCase()]
  if (flags.length > 0) parts.push(`[${flags.map(quote).join(' ')}]`)
  return `(${[...parts, ...items(operands)].join(' ')})`
}

function items(operands: Operands): string[] {
  switch (operands.form) {
    case 'none':
      return []
    case 'text':
      return [quote(operands.text)]
    case 'words':
    case 'json':
      return operands.words.map(quote)
    case 'pairs':
      return operands.pairs.flatMap(({ key, value, spaced }) => [quote(key), quote(value), quote(spaced ? '' : '=')])
    case 'typed':
      return [quote(operands.type), ...items(operands.rest)]
    case 'statement':
      return [dumpStatement(operands.statement)]
  }
}

/** As Go's `%q`. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1')
}
