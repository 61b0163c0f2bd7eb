import type { BigIntStats } from 'node:fs'
import { readlink } from 'node:fs/promises'
import type { Change, ChangeKind, ChangesOptions } from '../layers.ts'
import { byBytes } from '../tree/finish.ts'
import {
  below,
  capabilityOf,
  differs,
  factsOf,
  isOpaque,
  isWhiteoutStat,
  type LowerDirectory,
  type LowerEntry,
  lstatOrNothing,
  namesIn,
  stackedDirectory,
} from './lower.ts'
import { withPlaceholders } from './placeholders.ts'

/**
 * What the upper folder of an overlay changes of the folders below it (lowest first), as `docker diff` shows it: by
 * comparison, so that a file that was written with what it had is no change; folders with changes in them are `modified`.
 */
export async function findChanges(
  upper: string,
  lowers: readonly string[],
  options: ChangesOptions | undefined,
): Promise<Change[]> {
  const below = stackedDirectory(lowers.toReversed().map(path => Buffer.from(path)))
  return shown(await compareTrees(Buffer.from(upper), withPlaceholders(below, options), { whole: false }))
}

/** The changes with their paths as text. */
export function shown(changes: readonly RawChange[]): Change[] {
  return changes.map(({ path, kind }) => ({ path: Buffer.from(path, 'latin1').toString(), kind }))
}

/** A change by the bytes of its path, as a byte string. */
export interface RawChange {
  readonly path: string
  readonly kind: ChangeKind
}

/**
 * Compares a folder with what was there before.
 * @param options.whole `upper` is the whole tree: what is not in it was deleted; otherwise it is the upper folder of an
 *   overlay, with whiteouts and opaque folders.
 */
export async function compareTrees(
  upper: Buffer,
  lower: LowerDirectory,
  options: { readonly whole: boolean },
): Promise<RawChange[]> {
  const changes: RawChange[] = []
  const note = (path: string, kind: ChangeKind) => changes.push({ path, kind })

  /** Returns whether there were changes in it. */
  const compare = async (
    directory: Buffer,
    before: LowerDirectory | undefined,
    path: string,
    whole: boolean,
  ): Promise<boolean> => {
    const count = changes.length
    const seen = new Set<string>()
    for (const name of await namesIn(directory)) {
      seen.add(name)
      await compareEntry(below(directory, name), await before?.get(name), `${path}/${name}`)
    }
    const expected = await (whole ? before?.names() : before?.made?.())
    for (const name of expected ?? []) if (!seen.has(name)) note(`${path}/${name}`, 'deleted')
    return changes.length > count
  }

  const compareEntry = async (file: Buffer, old: LowerEntry | undefined, path: string): Promise<void> => {
    const stat = await lstatOrNothing(file)
    if (!stat) return
    if (!options.whole && isWhiteoutStat(stat)) {
      if (old) note(path, 'deleted')
      return
    }
    const changed = !old || (await differsFrom(old, file, stat))
    const inside = stat.isDirectory() && (await compare(file, old?.directory, path, options.whole || isOpaque(file)))
    if (!old) note(path, 'added')
    else if (changed || inside) note(path, 'modified')
  }

  await compare(upper, lower, '', options.whole)
  return changes.sort((a, b) => byBytes(a.path, b.path))
}

async function differsFrom(old: LowerEntry, file: Buffer, stat: BigIntStats): Promise<boolean> {
  if (differs(old.facts, factsOf(stat, capabilityOf(file)))) return true
  return old.target !== undefined && (await readlink(file, 'latin1')) !== old.target
}
