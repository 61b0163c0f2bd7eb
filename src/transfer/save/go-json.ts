/**
 * JSON as Go's encoder writes it, so that documents have the digests that Docker's have: nothing in it that HTML could
 * mistake for its own. Members come in the order in which the object has them.
 */
export function goJSON(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** An object of encoded members, in their order. */
export function goObject(members: Iterable<readonly [key: string, encoded: string]>): string {
  return `{${[...members].map(([key, encoded]) => `${goJSON(key)}:${encoded}`).join(',')}}`
}

/** A map of encoded values: Go sorts their keys. */
export function goMap(members: Iterable<readonly [key: string, encoded: string]>): string {
  return goObject([...members].sort(([a], [b]) => (a < b ? -1 : 1)))
}
