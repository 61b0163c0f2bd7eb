/**
 * Takes the flags (`--name=value`) at the beginning of what follows a keyword; `--` alone ends them. Quotes and backslashes
 * in them are resolved.
 */
export function takeFlags(after: string): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = []
  let at = 0
  for (;;) {
    while (at < after.length && /\s/.test(after[at]!)) at++
    if (!after.startsWith('--', at)) return { flags, rest: after.slice(at) }
    const { flag, end } = flagAt(after, at)
    at = end
    if (flag === '--') return { flags, rest: after.slice(at) }
    flags.push(flag)
  }
}

function flagAt(text: string, start: number): { readonly flag: string; readonly end: number } {
  let flag = ''
  let quote: string | undefined
  let at = start
  for (; at < text.length; at++) {
    const character = text[at]!
    if (quote === undefined && /\s/.test(character)) break
    if (character === '\\') flag += text[++at] ?? ''
    else if (character === quote) quote = undefined
    else if (quote === undefined && (character === '"' || character === "'")) quote = character
    else flag += character
  }
  return { flag, end: at }
}
