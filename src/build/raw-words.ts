/**
 * The words of a text with quotes and escapes as they are written. What is quoted, or behind the escape character, does
 * not separate words; an escape character at the very end is dropped.
 */
export function rawWords(text: string, mark: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  const characters = [...text]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word ??= ''
    if (character === mark && quote !== "'") {
      const next = characters[++at]
      if (next !== undefined) word += character + next
      continue
    }
    if (quote === undefined && (character === '"' || character === "'")) quote = character
    else if (character === quote) quote = undefined
    word += character
  }
  if (word) words.push(word)
  return words
}
