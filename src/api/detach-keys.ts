/** `ctrl-@` is 0, `ctrl-a` 1, …, `ctrl-_` 31. */
const controls = ['@', ...'abcdefghijklmnopqrstuvwxyz', '[', '\\', ']', '^', '_']

const defaultDetachKeys: readonly number[] = [0x10, 0x11]

/**
 * Detach keys in Docker's notation: single characters, `ctrl-x` and `DEL`, joined by commas; empty: `ctrl-p,ctrl-q`.
 * Undefined when it can't be read.
 */
export function parseDetachKeys(text: string): readonly number[] | undefined {
  if (text === '') return defaultDetachKeys
  const keys = text.split(',').map(keyCode)
  return keys.every(key => key !== undefined) ? keys : undefined
}

function keyCode(key: string): number | undefined {
  if (key.length === 1) return key.charCodeAt(0) < 0x80 ? key.charCodeAt(0) : undefined
  if (key === 'DEL') return 0x7f
  const code = key.startsWith('ctrl-') ? controls.indexOf(key.slice(5)) : -1
  return code < 0 ? undefined : code
}

/** What of a chunk goes on to the process, and whether the keys were typed at its end. */
export interface Filtered {
  readonly data: Uint8Array
  readonly detached: boolean
}

/**
 * Looks for the keys in a stream of input, across chunks. Bytes that may be the beginning of the keys are held back
 * until it is known; what follows the keys is dropped.
 */
export class DetachKeysFilter {
  readonly #keys: readonly number[]
  /** For each count of matched keys, how many are still matched when the next one is wrong (Knuth, Morris, Pratt). */
  readonly #fallback: readonly number[]
  #matched = 0

  constructor(keys: readonly number[]) {
    this.#keys = keys
    this.#fallback = fallbacks(keys)
  }

  push(chunk: Uint8Array): Filtered {
    // Everything before the current match is decided: held bytes that turn out to be input come first, then the chunk's.
    const out: number[] = []
    for (const byte of chunk) {
      while (this.#matched > 0 && this.#keys[this.#matched] !== byte) {
        const kept = this.#fallback[this.#matched]!
        out.push(...this.#keys.slice(0, this.#matched - kept))
        this.#matched = kept
      }
      if (this.#keys[this.#matched] !== byte) out.push(byte)
      else if (++this.#matched === this.#keys.length) return { data: Uint8Array.from(out), detached: true }
    }
    return { data: Uint8Array.from(out), detached: false }
  }

  /** Held bytes, when the input ends. */
  flush(): Uint8Array {
    const held = Uint8Array.from(this.#keys.slice(0, this.#matched))
    this.#matched = 0
    return held
  }
}

function fallbacks(keys: readonly number[]): number[] {
  const table = [0, 0]
  for (let length = 1; length < keys.length; length++) {
    let kept = table[length]!
    while (kept > 0 && keys[kept] !== keys[length]) kept = table[kept]!
    table.push(keys[kept] === keys[length] ? kept + 1 : 0)
  }
  return table
}
