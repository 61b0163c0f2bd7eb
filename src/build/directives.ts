import type { Directives } from './build.ts'
import { badDockerfile } from './error.ts'

const LINE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/
const KNOWN = new Set(['escape', 'syntax', 'check'])

/**
 * Reads the directives at the top of a Dockerfile: they end with the first line that is none. Throws `invalid_argument` for
 * one that comes twice, and for an escape character that is none.
 */
export function readDirectives(lines: readonly string[]): Directives {
  const found = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = LINE.exec(line.trimStart()) ?? []
    const key = name.toLowerCase()
    if (!KNOWN.has(key)) break
    if (found.has(key)) throw badDockerfile(`only one ${key} parser directive can be used`)
    found.set(key, value)
  }
  const character = found.get('escape') ?? '\\'
  if (character !== '\\' && character !== '`') {
    throw badDockerfile(`invalid escape token '${character}' does not match \` or \\`)
  }
  const syntax = found.get('syntax')
  const check = found.get('check')
  return { escape: character, ...(syntax !== undefined && { syntax }), ...(check !== undefined && { check }) }
}
