/**
 * Dockerfiles, from their text to what they make of an image.
 *
 * A Dockerfile's *text* is cut into *statements*: comments are gone, continued lines are joined, here-documents are taken
 * in. A statement has a *keyword*, *flags* (`--interval=5s`) and *operands*, whose form the keyword decides: one text, words,
 * pairs, or a JSON array. What is typed and checked of a statement is an *instruction*. *Words* are the values in it, with
 * quotes, escapes and variables in the manner of a shell.
 *
 * Life cycle: `parseDockerfile` -> `parseInstruction` (each statement) -> `applyInstruction` (to a config).
 *
 * Words and texts are those of Docker's own parser. https://docs.docker.com/reference/dockerfile/
 */
import type { ContainerDefaults } from '../oci/index.ts'

/** One instruction as it is written. */
export interface Statement {
  /** As written; instructions are known without case. */
  readonly keyword: string
  /** As written: `--name=value` or `--name`. */
  readonly flags: readonly string[]
  readonly operands: Operands
  /** The whole statement on one line. */
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  /** Lines of the file, from 1. */
  readonly firstLine: number
  readonly lastLine: number
}

export type Operands =
  | { readonly form: 'words'; readonly words: readonly string[] }
  /** What `["a", "b"]` says. */
  | { readonly form: 'json'; readonly words: readonly string[] }
  /** One text, as it is. */
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'pairs'; readonly pairs: readonly Pair[] }
  /** Of `HEALTHCHECK`: its type, and what follows it. */
  | { readonly form: 'typed'; readonly type: string; readonly rest: Operands }
  /** Of `ONBUILD`. */
  | { readonly form: 'statement'; readonly statement: Statement }
  | { readonly form: 'none' }

export interface Pair {
  readonly key: string
  readonly value: string
  /** Written as `key value`, without an equals sign. */
  readonly spaced: boolean
}

/** `<<NAME`, and the lines up to `NAME`. */
export interface Heredoc {
  readonly name: string
  /** Variables in the content are replaced: the name was not quoted. */
  readonly expands: boolean
  /** Written as `<<-`: leading tabs count for nothing. */
  readonly chomps: boolean
  readonly content: string
}

/** What the directives at a Dockerfile's top say (`# escape=`). */
export interface Directives {
  readonly escape: '\\' | '`'
  /** The frontend that `# syntax=` names. */
  readonly syntax?: string
  readonly check?: string
}

export interface Dockerfile {
  readonly directives: Directives
  readonly statements: readonly Statement[]
}

/** The config of an image in the making, and what instructions know of each other. */
export interface ConfigDraft {
  readonly config: ContainerDefaults
  /** Whether the command was set by an instruction: a new entrypoint leaves it alone then. */
  readonly commandSet: boolean
}
