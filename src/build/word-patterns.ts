/** A pattern of a word, character by character: `*`, `?`, or a character that stands for itself. */
type Token = { readonly any: 'many' | 'one' } | { readonly literal: string }

/** `#` and, when the pattern begins with another `#`, `##`: the value without the shortest (longest) match at its beginning. */
export function withoutPrefix(value: string, pattern: string): string {
  const { rest, longest } = cut(pattern, '#')
  return without([...value], tokensOf(rest), longest).join('')
}

/** `%` and `%%`: the same at its end. */
export function withoutSuffix(value: string, pattern: string): string {
  const { rest, longest } = cut(pattern, '%')
  return without([...value].reverse(), tokensOf(rest).reverse(), longest)
    .reverse()
    .join('')
}

function cut(pattern: string, sign: string): { readonly rest: string; readonly longest: boolean } {
  const longest = pattern.startsWith(sign)
  return { rest: longest ? pattern.slice(1) : pattern, longest }
}

function without(characters: readonly string[], tokens: readonly Token[], longest: boolean): string[] {
  const match = new RegExp(`^${sourceOf(tokens, longest)}`, 'su').exec(characters.join(''))
  return characters.slice(match ? [...match[0]].length : 0)
}

/** `/` and `//`: the value with the first match (all of them) replaced; the longest match counts. */
export function replaceMatches(
  value: string,
  options: { readonly pattern: string; readonly replacement: string; readonly all: boolean },
): string {
  const { pattern, replacement, all } = options
  return value.replace(new RegExp(sourceOf(tokensOf(pattern), true), all ? 'gsu' : 'su'), () => replacement)
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = []
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '*') tokens.push({ any: 'many' })
    else if (character === '?') tokens.push({ any: 'one' })
    else if (character === '\\' && at + 1 < characters.length) tokens.push({ literal: characters[++at]! })
    else tokens.push({ literal: character })
  }
  return tokens
}

function sourceOf(tokens: readonly Token[], longest: boolean): string {
  const many = longest ? '.*' : '.*?'
  return tokens
    .map(token =>
      'literal' in token ? token.literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : token.any === 'one' ? '.' : many,
    )
    .join('')
}
