import type { TarInput } from '../../archive/index.ts'
import { entryAt, isWhiteoutStat, type LowerDirectory, stackedDirectory } from '../changes/lower.ts'
import type { ChangedTree } from './changed-tree.ts'
import { placeholderCheck } from './placeholder-check.ts'
import { type TreeView, treeEntries } from './tree-entries.ts'

/** The entries of a layer of what an overlay changed. */
export function upperEntries({ folder, below, placeholders }: ChangedTree): AsyncIterable<TarInput> {
  const before = stackedDirectory(below.toReversed().map(({ path }) => Buffer.from(path)))
  return treeEntries(folder, { view: upperView(before), placeholders: placeholderCheck(placeholders, before) })
}

/** Whether a name stands for itself in a layer: one that would read as a removal can't be told. */
export function isNoWhiteout(name: string): boolean {
  return !name.startsWith('.wh.')
}

/** An overlay's upper folder holds changes alone, with whiteouts and opaque folders among them. */
function upperView(before: LowerDirectory): TreeView {
  return {
    names: folder => folder.names().filter(isNoWhiteout),
    isRemoved: (_path, stat) => stat !== undefined && isWhiteoutStat(stat),
    // overlayfs marks new folders as well, to save itself the look below.
    isOpaque: async (path, xattrs) =>
      xattrs.some(([name, value]) => name === 'trusted.overlay.opaque' && value.toString() === 'y') &&
      (await entryAt(before, path))?.directory !== undefined,
  }
}
