import { StrataError } from '../../std/index.ts'

/**
 * Where a user means a file to be downloaded from, which may leave out `http://`. Throws Go's texts: `invalid_argument` for
 * what is no URL, `internal` for one that nothing can be at.
 */
export function sourceURL(text: string): URL {
  const full = text.includes('://') ? text : `http://${text}`
  const refused = (why: string) => new StrataError('invalid_argument', `parse ${JSON.stringify(full)}: ${why}`)
  const [, scheme = '', authority = '', path = ''] = /^([^:]*):\/\/([^/?#]*)(.*)$/s.exec(full) ?? []
  const [broken] = /%(?![0-9a-f]{2}).{0,2}/is.exec(full) ?? []
  if (broken !== undefined) throw refused(`invalid URL escape ${JSON.stringify(broken)}`)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (host.startsWith('[') && !host.includes(']')) throw refused("missing ']' in host")
  const [port] = /:[^:\]]*$/.exec(host) ?? []
  if (port !== undefined && !/^:\d*$/.test(port)) throw refused(`invalid port ${JSON.stringify(port)} after host`)
  if (/^https?$/i.test(scheme)) {
    const url = host === '' && path === '' ? `${scheme}:` : full
    if (host === '') throw new StrataError('internal', `Get "${url}": http: no Host in request URL`)
    const number = port?.slice(1) ?? ''
    if (Number(number) > 65_535) {
      throw new StrataError('internal', `Get "${url}": dial tcp: address ${number}: invalid port`)
    }
  }
  const url = URL.parse(full)
  if (!url) throw refused('invalid URL')
  return url
}
