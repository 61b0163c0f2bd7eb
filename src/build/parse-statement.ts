import type { Directives, Operands, Pair, Statement } from './build.ts'
import { badDockerfile, quoted } from './error.ts'
import { rawWords } from './raw-words.ts'
import { takeFlags } from './take-flags.ts'

/** Reads what follows a keyword. */
type Form = (rest: string, context: StatementContext) => Operands

export interface StatementContext {
  readonly directives: Directives
  readonly firstLine: number
  readonly lastLine: number
}

/** What the operands of each instruction look like; those of unknown ones are none. */
const forms: Readonly<Record<string, Form>> = {
  add: jsonOr(words),
  arg: (rest, { directives }) => list(rawWords(rest, directives.escape)),
  cmd: jsonOr(text),
  copy: jsonOr(words),
  entrypoint: jsonOr(text),
  env: pairs('ENV'),
  expose: words,
  from: words,
  healthcheck: typed,
  label: pairs('LABEL'),
  maintainer: text,
  onbuild: (rest, context) => (rest === '' ? none : { form: 'statement', statement: parseStatement(rest, context) }),
  run: jsonOr(text),
  shell: jsonOr(text),
  stopsignal: text,
  user: text,
  volume: jsonOr(words),
  workdir: text,
}

const none: Operands = { form: 'none' }

/** Parses one statement, its lines joined. Throws `invalid_argument` with the texts of Docker's parser. */
export function parseStatement(line: string, context: StatementContext): Statement {
  const trimmed = line.trim()
  const [, keyword = '', after = ''] = /^(\S+)\s*(.*)$/s.exec(trimmed) ?? []
  const { flags, rest } = takeFlags(after)
  const form = forms[keyword.toLowerCase()]
  const { firstLine, lastLine } = context
  return {
    keyword,
    flags,
    operands: form ? form(rest.trim(), context) : none,
    text: line,
    heredocs: [],
    firstLine,
    lastLine,
  }
}

function text(rest: string): Operands {
  return rest === '' ? none : { form: 'text', text: rest }
}

function list(all: readonly string[]): Operands {
  return all.length === 0 ? none : { form: 'words', words: all }
}

function words(rest: string): Operands {
  return list(rest.split(/\s+/).filter(word => word !== ''))
}

function jsonOr(other: (rest: string) => Operands): Form {
  return rest => jsonArray(rest) ?? other(rest)
}

/** `["a", "b"]`; undefined for what is no JSON array: it is something else then. */
function jsonArray(rest: string): Operands | undefined {
  if (!rest.startsWith('[')) return undefined
  let value: unknown
  try {
    value = JSON.parse(rest)
  } catch {
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  if (!value.every(item => typeof item === 'string')) {
    throw badDockerfile('when using JSON array syntax, arrays must be comprised of strings only')
  }
  return { form: 'json', words: value }
}

/** `key=value …`, or `key value`. */
function pairs(keyword: string): Form {
  return (rest, { directives }) => {
    const all = rawWords(rest, directives.escape)
    const [first] = all
    if (first === undefined) return none
    if (first.includes('=')) return { form: 'pairs', pairs: all.map(pairOf) }
    const [, key = '', value] = /^(\S+)\s+(.*)$/s.exec(rest) ?? []
    if (value === undefined) throw badDockerfile(`${keyword} must have two arguments`)
    return { form: 'pairs', pairs: [{ key, value, spaced: true }] }
  }
}

function pairOf(word: string): Pair {
  const equals = word.indexOf('=')
  if (equals < 0) {
    throw badDockerfile(`Syntax error - can't find = in ${quoted(word)}. Must be of the form: name=value`)
  }
  return { key: word.slice(0, equals), value: word.slice(equals + 1), spaced: false }
}

function typed(rest: string): Operands {
  const [, type = '', after = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? []
  if (type === '') return none
  return { form: 'typed', type, rest: jsonArray(after) ?? text(after) }
}
