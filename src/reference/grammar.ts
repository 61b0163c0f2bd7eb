/**
 * The grammar of references, each production a predicate over a whole string, in time linear in its length.
 * https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */

/** Host name, IPv4 address or IPv6 address in brackets, with an optional port. */
export function isDomain(text: string): boolean {
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':')
  const host = colon < 0 ? text : text.slice(0, colon)
  if (colon >= 0 && !/^[0-9]+$/.test(text.slice(colon + 1))) return false
  if (host.startsWith('[')) return /^\[[a-fA-F0-9:]+\]$/.test(host)
  return host.split('.').every(label => /^[a-zA-Z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-'))
}

/** Path components of lower-case letters and digits, separated inside by one `.`, one or two `_`, or any number of `-`. */
export function isPath(text: string): boolean {
  return text.split('/').every(component => /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/.test(component))
}

export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)
}

/** What the grammar takes for a digest; whether the algorithm is known and its digits fit is another question. */
export function looksLikeDigest(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/.test(text)
}

/** 64 hex digits: reserved for image IDs, never a name. */
export function isIdentifier(text: string): boolean {
  return /^[a-f0-9]{64}$/.test(text)
}
