import type { Healthcheck } from '../oci/index.ts'
import type { Pair, Statement } from './build.ts'
import { type CommandLine, commandOf } from './command-line.ts'
import { badDockerfile } from './error.ts'
import { parseHealthcheck } from './healthcheck.ts'

/** An instruction that changes nothing but an image's config. */
export type ConfigInstruction =
  | { readonly name: 'cmd' | 'entrypoint'; readonly command: CommandLine }
  | { readonly name: 'env' | 'label'; readonly pairs: readonly Pair[] }
  | { readonly name: 'expose' | 'volume'; readonly words: readonly string[] }
  | { readonly name: 'stopsignal' | 'user' | 'workdir'; readonly value: string }
  | { readonly name: 'healthcheck'; readonly healthcheck: Healthcheck }
  | { readonly name: 'onbuild'; readonly trigger: string }

type Read = (statement: Statement, name: string) => ConfigInstruction

const readers: Readonly<Record<string, Read>> = {
  cmd: statement => ({ name: 'cmd', command: commandOf(statement.operands) }),
  entrypoint: statement => ({ name: 'entrypoint', command: commandOf(statement.operands) }),
  env: (statement, name) => ({ name: 'env', pairs: pairsOf(statement, name) }),
  label: (statement, name) => ({ name: 'label', pairs: pairsOf(statement, name) }),
  expose: (statement, name) => ({ name: 'expose', words: wordsOf(statement, name).toSorted() }),
  volume: (statement, name) => ({ name: 'volume', words: volumesOf(wordsOf(statement, name)) }),
  stopsignal: (statement, name) => ({ name: 'stopsignal', value: textOf(statement, name) }),
  user: (statement, name) => ({ name: 'user', value: textOf(statement, name) }),
  workdir: (statement, name) => ({ name: 'workdir', value: textOf(statement, name) }),
  healthcheck: statement => ({ name: 'healthcheck', healthcheck: parseHealthcheck(statement) }),
  onbuild: (statement, name) => ({ name: 'onbuild', trigger: triggerOf(statement, name) }),
}

/** Whether a keyword is that of an instruction which changes nothing but the config. */
export function isConfigKeyword(keyword: string): boolean {
  return Object.hasOwn(readers, keyword.toLowerCase())
}

/**
 * The instruction that a statement is, checked; its words are not expanded yet. Throws `invalid_argument` with Docker's
 * texts. For config instructions only: see {@link isConfigKeyword}.
 */
export function parseInstruction(statement: Statement): ConfigInstruction {
  const keyword = statement.keyword.toLowerCase()
  const read = readers[keyword]
  if (!read) throw badDockerfile(`unknown instruction: ${statement.keyword.toUpperCase()}`)
  const instruction = read(statement, keyword.toUpperCase())
  if (!FLAGS_READ.has(keyword)) refuseFlags(statement)
  return instruction
}

function refuseFlags({ flags: [flag] }: Statement): void {
  if (flag !== undefined) throw badDockerfile(`unknown flag: ${flag.split('=', 1)[0]}`)
}

/** Keywords whose flags have been read, or, as in Docker, never are. */
const FLAGS_READ = new Set(['healthcheck', 'stopsignal'])

/** As in Docker, the only operands that are looked at after the flags. */
function pairsOf(statement: Statement, name: string): readonly Pair[] {
  refuseFlags(statement)
  const { operands } = statement
  if (operands.form !== 'pairs') throw badDockerfile(`${name} requires at least one argument`)
  if (operands.pairs.some(({ key }) => key === '')) throw badDockerfile(`${name} names can not be blank`)
  return operands.pairs
}

function wordsOf({ operands }: Statement, name: string): readonly string[] {
  const words = operands.form === 'words' || operands.form === 'json' ? operands.words : []
  if (words.length === 0) throw badDockerfile(`${name} requires at least one argument`)
  return words
}

function textOf({ operands }: Statement, name: string): string {
  if (operands.form !== 'text') throw badDockerfile(`${name} requires exactly one argument`)
  return operands.text
}

function volumesOf(words: readonly string[]): readonly string[] {
  const trimmed = words.map(word => word.trim())
  if (trimmed.includes('')) throw badDockerfile('VOLUME specified can not be an empty string')
  return trimmed
}

const NO_TRIGGERS = new Set(['MAINTAINER', 'FROM'])

function triggerOf({ operands, text }: Statement, name: string): string {
  if (operands.form !== 'statement') throw badDockerfile(`${name} requires at least one argument`)
  const inner = operands.statement.keyword.toUpperCase()
  if (inner === 'ONBUILD') throw badDockerfile("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
  if (NO_TRIGGERS.has(inner)) throw badDockerfile(`${inner} isn't allowed as an ONBUILD trigger`)
  return text.replace(/^\s*ONBUILD\s*/i, '')
}
