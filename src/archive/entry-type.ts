import type { TarEntryType } from './archive.ts'
import type { BlockHeader } from './header-block.ts'
import { Malformed } from './malformed.ts'

/** What a type flag means to the scanner. */
export type FlagMeaning =
  | TarEntryType
  | 'old-file'
  | 'sparse-file'
  | 'pax'
  | 'pax-global'
  | 'long-name'
  | 'long-link'
  | 'skipped'

const MEANINGS: Readonly<Record<string, FlagMeaning>> = {
  '\0': 'old-file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'sparse-file',
  x: 'pax',
  g: 'pax-global',
  L: 'long-name',
  K: 'long-link',
  /** Solaris extended header; GNU volume label, continuation of another volume, and list of long names. */
  X: 'skipped',
  V: 'skipped',
  M: 'skipped',
  N: 'skipped',
}

/**
 * @throws {Malformed} for types that nobody can unpack, in the words of dockerd.
 */
export function meaningOf(header: BlockHeader): FlagMeaning {
  const meaning = MEANINGS[String.fromCharCode(header.flag)]
  if (meaning) return meaning
  throw new Malformed(`unhandled tar header type ${header.flag} of ${JSON.stringify(header.name)}`)
}
