/** What is UTF-8, and in the last group one byte of what is none; each character stands for a byte. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are bytes
  /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g
/** A lone surrogate that stands for a byte. */
const stray = /([\udc80-\udcff])/u

/**
 * UTF-8 as text from which {@link bytesOfText} makes the same bytes again: a byte that is none of UTF-8 becomes a lone surrogate,
 * so that `toWellFormed` puts U+FFFD for each such byte, as Go does. A byte order mark stays.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  if (!text.includes('\ufffd')) return text
  return buffer
    .toString('latin1')
    .replaceAll(sequences, (whole, byte?: string) =>
      byte === undefined
        ? Buffer.from(whole, 'latin1').toString('utf8')
        : String.fromCharCode(0xdc00 + byte.charCodeAt(0)),
    )
}

/** The bytes of a text of {@link textOfBytes}, and of any other as UTF-8. */
export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text)
  const parts = text.split(stray)
  return Buffer.concat(
    parts.map((part, position) => (position % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  )
}
