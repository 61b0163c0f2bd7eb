/** A text that comes from an image as it can be shown: control characters would steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, character => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

/** An instruction on one line. */
export function oneLine(text: string): string {
  return printable(text.trim().replaceAll(/\s+/g, ' '))
}

/** Cuts a text to `width` characters, with an ellipsis for what is left out; as it is when `width` is undefined. */
export function cut(text: string, width: number | undefined): string {
  return width === undefined || text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** The short form of a digest. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}

/** An RFC 3339 time for people: to the minute, in UTC. */
export function shortTime(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`
}

export interface Column {
  readonly title: string
  readonly align?: 'right'
}

/**
 * Rows in aligned columns, under their titles, three spaces apart. The last column is cut when the whole is wider than
 * `columns`, to 20 characters at least.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined = undefined,
): string {
  const all = [columns.map(({ title }) => title), ...rows]
  const last = columns.length - 1
  const widths = columns.map((_, at) => Math.max(...all.map(row => row[at]!.length)))
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + 3, 0)
  const room = width === undefined ? undefined : Math.max(20, width - before)
  return all
    .map(row =>
      row
        .map((cell, at) => {
          if (at === last && columns[at]!.align !== 'right') return cut(cell, room)
          return columns[at]!.align === 'right' ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)
        })
        .join('   ')
        .trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('')
}
