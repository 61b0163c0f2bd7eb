import { type GoType, parseFirst, parseWhole, read } from '../gojson/index.ts'
import { reworded, StrataError } from '../std/index.ts'

/** How much of an answer Docker reads: all of it, or the value that it begins with. */
const parsers = { whole: parseWhole, first: (text: string) => parseFirst(text).value }

/** Reads what a registry sent into a Go type; `at` is what Go calls it. Throws `unavailable` with Go's text. */
export function readAnswer<T>(
  bytes: Buffer,
  { type, at = '', part }: { readonly type: GoType<T>; readonly at?: string; readonly part: keyof typeof parsers },
): T {
  return reworded(
    () => read(type, parsers[part](bytes.toString()), at),
    text => new StrataError('unavailable', text, { details: { final: true } }),
  )
}
