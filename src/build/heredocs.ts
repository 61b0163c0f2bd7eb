import type { Directives, Heredoc } from './build.ts'
import { rawWords } from './raw-words.ts'
import { expandWord } from './words.ts'

const START = /^(\d*)<<(-?)([^<]*)$/

export type HeredocStart = Omit<Heredoc, 'content'>

/** The here-documents that a statement begins, in their order. */
export function heredocStarts(text: string, directives: Directives): HeredocStart[] {
  const starts: HeredocStart[] = []
  for (const word of rawWords(text, directives.escape)) {
    const [, , dash, rest = ''] = START.exec(word) ?? []
    if (rest === '') continue
    const name = expandWord(rest, { escape: directives.escape, keepVariables: true })
    if (name !== '') starts.push({ name, expands: name === rest, chomps: dash === '-' })
  }
  return starts
}
