import { posix } from 'node:path'
import type { TarInput } from '../../archive/index.ts'
import { compareTrees } from '../changes/find-changes.ts'
import { withPlaceholders } from '../changes/placeholders.ts'
import type { ChangedTree } from '../commit/changed-tree.ts'
import { type TreeView, treeEntries } from '../commit/tree-entries.ts'
import { isNoWhiteout } from '../commit/upper-entries.ts'
import { byBytes } from '../tree/finish.ts'
import { mergeTrees } from '../tree/merge.ts'
import { openLayer } from '../views/open-layer.ts'
import { furtherNames } from './further-names.ts'
import { treeDirectory } from './tree-directory.ts'

/** The entries of a layer of what differs between a whole rootfs and the layers that it was made from. */
export async function* rootfsEntries({ folder, below: chain, placeholders }: ChangedTree): AsyncGenerator<TarInput> {
  using open = new DisposableStack()
  const layers = chain.map(({ diffID, path }, number) => open.use(openLayer({ diffID, tar: path }, number)))
  const below = treeDirectory(mergeTrees(layers.map(({ tree }) => tree))?.root)
  const before = withPlaceholders(below, { placeholders, complete: false })
  const top = Buffer.from(folder)
  const removed = new Set<string>()
  const taken = new Set<string>()
  for (const { path, kind } of await compareTrees(top, before, { whole: true })) {
    if (kind === 'deleted') removed.add(path)
    taken.add(path)
  }
  for (const path of await furtherNames(top, taken)) taken.add(path)
  const names = namesByFolder(taken)
  const view: TreeView = {
    names: (_folder, path) => (names.get(path) ?? []).filter(isNoWhiteout),
    isRemoved: path => removed.has(path),
    isOpaque: async () => false,
  }
  yield* treeEntries(folder, { view })
}

/** The names in each folder that lead to the paths, in the order of their bytes; the root is empty. */
function namesByFolder(paths: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const sets = new Map<string, Set<string>>()
  for (const path of paths) {
    for (let at = path; at !== '/'; at = posix.dirname(at)) {
      const folder = posix.dirname(at).replace(/^\/$/, '')
      const set = sets.get(folder)
      if (set) set.add(posix.basename(at))
      else sets.set(folder, new Set([posix.basename(at)]))
    }
  }
  return new Map([...sets].map(([folder, names]) => [folder, [...names].sort(byBytes)]))
}
