import { Malformed } from './malformed.ts'

/** Records of a PAX extended header; keys and values are byte strings. */
export type PaxRecords = ReadonlyMap<string, string>

const C_STRINGS = new Set(['path', 'linkpath', 'uname', 'gname'])

/**
 * Parses the data of an extended header: records of the form `<length> <key>=<value>\n`, where the length counts
 * everything, itself included. The last record of a key wins. The repeated `GNU.sparse.offset` and `.numbytes` of GNU
 * sparse format 0.0 are joined to one `GNU.sparse.map`, which is how format 0.1 says the same.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
 */
export function parsePax(data: Buffer): PaxRecords {
  const all = data.toString('latin1', 0, data.byteLength)
  const records = new Map<string, string>()
  const sparse: string[] = []
  let at = 0
  while (at < all.length) {
    const space = all.indexOf(' ', at)
    const digits = space < 0 || space - at > 10 ? '' : all.slice(at, space)
    if (!/^[0-9]+$/.test(digits)) throw new Malformed('PAX record has no length')
    const end = at + Number(digits)
    if (end < at + 5 || end > all.length || end <= space + 1) throw new Malformed('PAX record length is wrong')
    if (all[end - 1] !== '\n') throw new Malformed('PAX record does not end in a newline')
    const record = all.slice(space + 1, end - 1)
    const equals = record.indexOf('=')
    if (equals < 0) throw new Malformed('PAX record has no value')
    const key = record.slice(0, equals)
    const value = record.slice(equals + 1)
    if ((C_STRINGS.has(key) ? value : key).includes('\0')) throw new Malformed('PAX record contains a NUL')
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      if ((key === 'GNU.sparse.offset') !== (sparse.length % 2 === 0) || value.includes(',')) {
        throw new Malformed('PAX sparse records are out of order')
      }
      sparse.push(value)
    } else records.set(key, value)
    at = end
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','))
  return records
}
