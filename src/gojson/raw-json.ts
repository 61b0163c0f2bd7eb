/**
 * JSON text, as Go writes it and as it keeps a `json.RawMessage`: numbers in the form that they have, members of objects in
 * their order and as often as they come. Digests depend on it.
 */

/** JSON text of a value. */
export type RawJSON = string & { readonly [brand]: 'RawJSON' }
declare const brand: unique symbol

/** Any value as Go writes it, members of objects in the order that they have. */
export function raw(value: unknown): RawJSON {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? each.toWellFormed() : each))
  return escaped(text) as RawJSON
}

export function rawList(values: readonly RawJSON[]): RawJSON {
  return `[${values.join(',')}]` as RawJSON
}

/** An object with its members in the order in which they are given, as Go writes a struct. */
export function rawObject(members: Iterable<readonly [string, RawJSON]>): RawJSON {
  return `{${Array.from(members, ([name, value]) => `${raw(name)}:${value}`).join(',')}}` as RawJSON
}

/** An object with its members in the order of the bytes of their names, as Go writes a map. */
export function rawMap(members: Iterable<readonly [string, RawJSON]>): RawJSON {
  const keyed = Array.from(members, member => ({ member, key: Buffer.from(member[0]) }))
  return rawObject(keyed.sort((one, other) => Buffer.compare(one.key, other.key)).map(({ member }) => member))
}

/** The members of an object, each once: of several of one name the last counts. `text` is known to be an object. */
export function membersOf(text: string): Map<string, RawJSON> {
  const object = compact(text)
  const members = new Map<string, RawJSON>()
  for (let at = 1; at < object.length - 1; ) {
    const colon = endOfString(object, at)
    const end = endOfValue(object, colon + 1)
    members.set(JSON.parse(object.slice(at, colon)) as string, object.slice(colon + 1, end) as RawJSON)
    at = end + 1
  }
  return members
}

/** Valid JSON without blanks between its tokens, and with what HTML could mistake for its own escaped, as Go writes it. */
export function compact(text: string): RawJSON {
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    const start = at
    if (text[at] === '"') at = endOfString(text, at)
    else while (at < text.length && text[at] !== '"') at++
    const piece = text.slice(start, at)
    pieces.push(text[start] === '"' ? piece : piece.replaceAll(/[ \t\r\n]+/g, ''))
  }
  return escaped(pieces.join('')) as RawJSON
}

function escaped(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Behind the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end + 1
}

/** Behind the value that begins at `at` of compact JSON, which is a member of an object. */
function endOfValue(text: string, at: number): number {
  let depth = 0
  for (let end = at; ; ) {
    const character = text[end]
    if (depth === 0 && (character === ',' || character === '}')) return end
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    end = character === '"' ? endOfString(text, end) : end + 1
  }
}
