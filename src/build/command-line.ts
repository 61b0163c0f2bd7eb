import type { Operands } from './build.ts'

/** A command as it is to be run: the words of a program, or a text for the shell. */
export interface CommandLine {
  readonly words: readonly string[]
  readonly shell: boolean
}

/** What is to run; nothing at all is the empty list of words. */
export function commandOf(operands: Operands): CommandLine {
  if (operands.form === 'json') return { words: operands.words, shell: false }
  return { words: operands.form === 'text' ? [operands.text] : [], shell: true }
}
