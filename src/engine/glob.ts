/**
 * A test by a pattern of Go's path.Match: `*` and `?` stay within a path component, `[a-z]` is a class, `\` quotes.
 * Malformed patterns match nothing. Takes time linear in pattern times text.
 */
export function globTest(pattern: string): (text: string) => boolean {
  return text => matches(pattern, text)
}

/** Whether path.Match would take the pattern: classes are closed and not empty, nothing ends with a quote. */
export function isGlob(pattern: string): boolean {
  return /^(?:[^\\[]|\\[\s\S]|\[(?!\^?\])\^?(?:(?:[^\\\]-]|\\[\s\S])(?:-(?:[^\\\]-]|\\[\s\S]))?)+\])*$/.test(pattern)
}

function matches(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let starAt = -1
  let starText = 0
  while (t < text.length || p < pattern.length) {
    if (pattern[p] === '*') {
      starAt = p++
      starText = t
      continue
    }
    const next = t < text.length ? matchOne(pattern, p, text[t]!) : -1
    if (next >= 0) {
      p = next
      t++
      continue
    }
    // Let the last star take one more character, which may not be a slash.
    if (starAt < 0 || starText >= text.length || text[starText] === '/') return false
    p = starAt + 1
    t = ++starText
  }
  return true
}

/** Where the pattern goes on when its element at `p` takes `char`; -1 when it does not. */
function matchOne(pattern: string, p: number, char: string): number {
  switch (pattern[p]) {
    case undefined:
      return -1
    case '?':
      return char === '/' ? -1 : p + 1
    case '\\':
      return pattern[p + 1] === char ? p + 2 : -1
    case '[': {
      const end = pattern.indexOf(']', p + 2)
      if (end < 0) return -1
      const negated = pattern[p + 1] === '^'
      return inClass(pattern.slice(p + (negated ? 2 : 1), end), char) !== negated ? end + 1 : -1
    }
    default:
      return pattern[p] === char ? p + 1 : -1
  }
}

function inClass(members: string, char: string): boolean {
  for (let i = 0; i < members.length; i++) {
    if (members[i + 1] === '-' && i + 2 < members.length) {
      if (char >= members[i]! && char <= members[i + 2]!) return true
      i += 2
    } else if (members[i] === char) return true
  }
  return false
}
