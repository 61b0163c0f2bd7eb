import type { Directives, Dockerfile, Heredoc, Statement } from './build.ts'
import { readDirectives } from './directives.ts'
import { badDockerfile } from './error.ts'
import { heredocStarts } from './heredocs.ts'
import { parseStatement } from './parse-statement.ts'

const HEREDOC_KEYWORDS = new Set(['add', 'copy', 'run'])

/**
 * Parses a Dockerfile. Throws `invalid_argument` with the texts of Docker's parser.
 */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const directives = readDirectives(lines)
  const statements: Statement[] = []
  for (let at = 0; at < lines.length; ) {
    const joined = joinLine(lines, at, directives)
    if (joined.text.trim() === '') {
      at = joined.next
      continue
    }
    const statement = parseStatement(joined.text, { directives, firstLine: at + 1, lastLine: joined.next })
    const taken = takeHeredocs(lines, joined.next, { statement, directives })
    statements.push({ ...statement, heredocs: taken.heredocs, lastLine: taken.next })
    at = taken.next
  }
  if (statements.length === 0) throw badDockerfile('file with no instructions')
  return { directives, statements }
}

/** A line with those that it is continued by: comments and empty lines among these count for nothing. */
function joinLine(lines: readonly string[], start: number, directives: Directives): { text: string; next: number } {
  const first = lines[start]!.trimStart()
  if (first.startsWith('#')) return { text: '', next: start + 1 }
  let text = ''
  let rest = first
  let next = start + 1
  for (;;) {
    const continued = withoutContinuation(rest, directives)
    if (continued === undefined) return { text: text + rest, next }
    text += continued
    do {
      if (next === lines.length) return { text, next }
      rest = lines[next++]!
    } while (rest.trim() === '' || rest.trimStart().startsWith('#'))
  }
}

/** The line without the escape character at its end, or undefined when there is none, or one that is escaped itself. */
function withoutContinuation(line: string, { escape: mark }: Directives): string | undefined {
  const end = line.replace(/[ \t]+$/, '')
  return end.endsWith(mark) && !end.endsWith(mark + mark) ? end.slice(0, -1) : undefined
}

function takeHeredocs(
  lines: readonly string[],
  start: number,
  { statement, directives }: { readonly statement: Statement; readonly directives: Directives },
): { heredocs: Heredoc[]; next: number } {
  const inner = statement.operands.form === 'statement' ? statement.operands.statement : statement
  const heredocs: Heredoc[] = []
  let next = start
  if (!HEREDOC_KEYWORDS.has(inner.keyword.toLowerCase()) || inner.operands.form === 'json') return { heredocs, next }
  for (const { name, chomps, ...rest } of heredocStarts(statement.text, directives)) {
    let content = ''
    for (;;) {
      const line = lines[next++]
      if (line === undefined) throw badDockerfile('unterminated heredoc')
      if ((chomps ? line.replace(/^\t+/, '') : line) === name) break
      content += `${line}\n`
    }
    heredocs.push({ name, chomps, ...rest, content })
  }
  return { heredocs, next }
}
