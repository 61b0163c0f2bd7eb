import { badDockerfile, quoted } from './error.ts'
import { replaceMatches, withoutPrefix, withoutSuffix } from './word-patterns.ts'

export interface ExpandOptions {
  /** The escape character of the Dockerfile. */
  readonly escape: string
  /** Values of variables; one that is missing is unset. */
  readonly variables?: ReadonlyMap<string, string>
  /** Leaves variables as they are written. */
  readonly keepVariables?: boolean
}

/**
 * Resolves quotes, escapes and variables of a word in the manner of a shell: `$name`, `${name}`, and with a word of its own
 * behind it `-`, `+`, `?` (with a colon: an empty value counts as unset), `#`, `##`, `%`, `%%`, `/` and `//`. Spaces stay.
 * Throws `invalid_argument` with Docker's texts.
 */
export function expandWord(word: string, options: ExpandOptions): string {
  return expanded(word, options).text
}

/** As {@link expandWord}, and cuts the result at its spaces, but for those that were quoted or escaped. */
export function expandWords(word: string, options: ExpandOptions): readonly string[] {
  return expanded(word, options).words
}

function expanded(word: string, options: ExpandOptions): { readonly text: string; readonly words: readonly string[] } {
  const scan = new WordScan(word, options)
  try {
    const text = scan.until(undefined)
    return { text, words: scan.words() }
  } catch (error) {
    if (!(error instanceof WordError)) throw error
    throw badDockerfile(`failed to process ${quoted(word)}: ${error.message}`, error)
  }
}

class WordError extends Error {}

const SPECIAL = new Set([...'@*#?-$!'])
/** What Go makes of the end of a text. */
const END = '\uFFFD'

class WordScan {
  readonly #characters: readonly string[]
  readonly #options: ExpandOptions
  #at = 0
  readonly #words: string[] = []
  #word = ''

  constructor(word: string, options: ExpandOptions) {
    this.#characters = [...word]
    this.#options = options
  }

  words(): readonly string[] {
    this.#endWord()
    return this.#words
  }

  #endWord(): void {
    if (this.#word !== '') this.#words.push(this.#word)
    this.#word = ''
  }

  /** Adds to the words; spaces part them unless they are `whole`. */
  #add(text: string, whole: boolean): string {
    for (const character of whole ? [text] : text) {
      if (!whole && /\s/.test(character)) this.#endWord()
      else this.#word += character
    }
    return text
  }

  get #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  /** Everything up to `stop`, which is taken too, or to the end. With `raw`, escapes are kept. */
  until(stop: string | undefined, raw = false): string {
    let result = ''
    for (let character = this.#peek; character !== stop; character = this.#peek) {
      if (character === undefined) {
        throw new WordError(`unexpected end of statement while looking for matching ${stop}`)
      }
      if (character === "'") result += this.#add(this.#singleQuoted(), true)
      else if (character === '"') result += this.#add(this.#doubleQuoted(), true)
      else if (character === '$') result += this.#add(this.#dollar(), false)
      else {
        this.#at++
        if (character !== this.#options.escape) result += this.#add(character, false)
        else if (this.#peek !== undefined) {
          result += this.#add((raw ? character : '') + this.#peek, true)
          this.#at++
        }
      }
    }
    this.#at++
    return result
  }

  #singleQuoted(): string {
    const end = this.#characters.indexOf("'", this.#at + 1)
    if (end < 0) throw new WordError('unexpected end of statement while looking for matching single-quote')
    const text = this.#characters.slice(this.#at + 1, end).join('')
    this.#at = end + 1
    return text
  }

  #doubleQuoted(): string {
    let result = ''
    this.#at++
    for (;;) {
      const character = this.#peek
      if (character === undefined) {
        throw new WordError('unexpected end of statement while looking for matching double-quote')
      }
      if (character === '$') {
        result += this.#dollar()
        continue
      }
      this.#at++
      if (character === '"') return result
      if (character !== this.#options.escape) {
        result += character
        continue
      }
      const next = this.#peek
      if (next === undefined) continue
      if (next === '"' || next === '$' || next === character) this.#at++
      result += next === '"' || next === '$' || next === character ? next : character
    }
  }

  /** A variable, from its dollar sign on. */
  #dollar(): string {
    const start = this.#at++
    const value = this.#peek === '{' ? this.#braced() : this.#plain()
    return this.#options.keepVariables ? this.#characters.slice(start, this.#at).join('') : value
  }

  #plain(): string {
    const name = this.#name()
    return name === '' ? '$' : (this.#value(name) ?? '')
  }

  #value(name: string): string | undefined {
    return this.#options.variables?.get(name)
  }

  #name(): string {
    const rest = this.#characters.slice(this.#at)
    const first = rest[0]
    if (first !== undefined && SPECIAL.has(first)) {
      this.#at++
      return first
    }
    const allowed = first !== undefined && /\p{Nd}/u.test(first) ? /\p{Nd}/u : /[\p{L}\p{Nd}_]/u
    const end = rest.findIndex(character => !allowed.test(character))
    const name = rest.slice(0, end < 0 ? undefined : end).join('')
    this.#at += [...name].length
    return name
  }

  #braced(): string {
    this.#at++
    const first = this.#peek
    if (first === undefined) throw new WordError("syntax error: missing '}'")
    if (first === '{' || first === '}' || first === ':') throw new WordError('syntax error: bad substitution')
    const name = this.#name()
    let modifier = this.#next()
    if (modifier === '}') return this.#value(name) ?? ''
    if (modifier === '/') return this.#replaced(name)
    const emptyIsUnset = modifier === ':'
    if (emptyIsUnset) modifier = this.#next()
    if (!emptyIsUnset && !'+-?#%'.includes(modifier)) throw unsupported(modifier)
    const word = this.#part('}', { raw: modifier === '#' || modifier === '%', missing: "missing '}'" })
    const value = this.#value(name)
    const isSet = value !== undefined && !(emptyIsUnset && value === '')
    switch (modifier) {
      case '-':
        return isSet ? value : word
      case '+':
        return isSet ? word : ''
      case '?':
        if (isSet) return value
        throw new WordError(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`)
      case '#':
        return withoutPrefix(value ?? '', word)
      case '%':
        return withoutSuffix(value ?? '', word)
      default:
        throw unsupported(`:${modifier}`)
    }
  }

  /** `${name/pattern/replacement}`, from behind the first slash. */
  #replaced(name: string): string {
    const all = this.#peek === '/'
    if (all) this.#at++
    const pattern = this.#part('/', { raw: true, missing: `missing '/' in $\{}` })
    const replacement = this.#part('}', { raw: true, missing: "missing '}'" })
    return replaceMatches(this.#value(name) ?? '', { pattern, replacement, all })
  }

  /** A word within braces; it is none of the words outside. */
  #part(stop: string, { raw, missing }: { readonly raw: boolean; readonly missing: string }): string {
    const part = new WordScan(this.#characters.slice(this.#at).join(''), this.#options)
    try {
      const text = part.until(stop, raw)
      this.#at += part.#at
      return text
    } catch (error) {
      if (error instanceof WordError && part.#peek === undefined) throw new WordError(`syntax error: ${missing}`)
      throw error
    }
  }

  #next(): string {
    return this.#characters[this.#at++] ?? END
  }
}

function unsupported(modifier: string): WordError {
  return new WordError(`unsupported modifier (${modifier}) in substitution`)
}
