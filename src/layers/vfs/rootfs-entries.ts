import { posix } from 'node:path'
import type { TarInput } from '../../archive/index.ts'
import { compareTrees } from '../changes/find-changes.ts'
import type { ChangedTree } from '../commit/changed-tree.ts'
import { placeholderCheck } from '../commit/placeholders.ts'
import { type TreeView, treeEntries } from '../commit/tree-entries.ts'
import { isNoWhiteout } from '../commit/upper-entries.ts'
import { mergeTrees } from '../tree/merge.ts'
import { openLayer } from '../views/open-layer.ts'
import { treeDirectory } from './tree-directory.ts'

/** The entries of a layer of what differs between a whole rootfs and the layers that it was made from. */
export async function* rootfsEntries({ folder, below, placeholders }: ChangedTree): AsyncGenerator<TarInput> {
  using open = new DisposableStack()
  const layers = below.map(({ diffID, path }, number) => open.use(openLayer({ diffID, tar: path }, number)))
  const before = treeDirectory(mergeTrees(layers.map(({ tree }) => tree))?.root)
  const removed = new Set<string>()
  const names = new Map<string, string[]>()
  for (const { path, kind } of await compareTrees(Buffer.from(folder), before, { whole: true })) {
    if (kind === 'deleted') removed.add(path)
    const parent = posix.dirname(path).replace(/^\/$/, '')
    const list = names.get(parent)
    if (list) list.push(posix.basename(path))
    else names.set(parent, [posix.basename(path)])
  }
  const view: TreeView = {
    names: (_folder, path) => (names.get(path) ?? []).filter(isNoWhiteout),
    isRemoved: path => removed.has(path),
    isOpaque: async () => false,
  }
  yield* treeEntries(folder, { view, placeholders: placeholderCheck(placeholders, before) })
}
