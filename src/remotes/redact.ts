/** Query parameters whose values are no secrets; all others may be signatures or tokens. */
const PLAIN = new Set(['service', 'scope', 'ns', 'n', 'q', 'last', 'digest'])

/** A URL as it may stand in messages and logs: without user info, fragment and the values of unknown query parameters. */
export function redactUrl(url: URL | string): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : new URL(url)
  if (!parsed) return 'REDACTED'
  parsed.username = ''
  parsed.password = ''
  parsed.hash = ''
  for (const name of new Set(parsed.searchParams.keys())) {
    if (!PLAIN.has(name)) parsed.searchParams.set(name, 'REDACTED')
  }
  return parsed.href
}
