/** One way of authentication that a server offers. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** By name in lower case. */
  readonly parameters: Readonly<Partial<Record<string, string>>>
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y
const SPACE = /[ \t]*/y
const SEPARATORS = /[ \t,]*/y

/**
 * Reads `WWW-Authenticate` (one or several header lines): https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1.
 * Whatever doesn't parse is left out; never throws.
 */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header
  return lines.flatMap(parseLine)
}

function parseLine(line: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(line)
    if (!found) return undefined
    at = pattern.lastIndex
    return found
  }
  for (;;) {
    take(SEPARATORS)
    const scheme = take(TOKEN)?.[0]
    if (scheme === undefined) return challenges
    const parameters: Record<string, string> = Object.create(null)
    take(SPACE)
    if (take(TOKEN68) === undefined) {
      for (;;) {
        const before = at
        take(SEPARATORS)
        const name = take(TOKEN)?.[0]
        take(SPACE)
        if (name === undefined || line[at] !== '=') {
          at = before
          break
        }
        at++
        take(SPACE)
        const value = take(QUOTED)?.[1]?.replaceAll(/\\(.)/gs, '$1') ?? take(TOKEN)?.[0]
        if (value === undefined) {
          at = before
          break
        }
        parameters[name.toLowerCase()] = value
      }
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters })
  }
}
