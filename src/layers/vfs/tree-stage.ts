import { chmodSync, mkdirSync } from 'node:fs'
import type { Bytes, Stage } from '../../std/index.ts'
import { compareTrees, shown } from '../changes/find-changes.ts'
import { withPlaceholders } from '../changes/placeholders.ts'
import type { Change, ChangesOptions } from '../layers.ts'
import { mergeTrees } from '../tree/merge.ts'
import { unpackTree } from '../unpack/unpack-tree.ts'
import { type LayerFile, openLayer } from '../views/open-layer.ts'
import { treeDirectory } from './tree-directory.ts'

export interface TreeStageArgs {
  /** `fill` makes `rootfs` from the layers; `compare` tells what has changed in it since. */
  readonly mode: 'fill' | 'compare'
  /** The layers of the chain, lowest first. */
  readonly chain: readonly LayerFile[]
  readonly rootfs: string
  /** For `compare`. */
  readonly made?: ChangesOptions
}

/** What the vfs driver does with whole trees. Results in the changes for `compare`. */
export const stage: Stage<TreeStageArgs, readonly Change[]> = async (_input: Bytes, args: TreeStageArgs) => {
  const { mode, chain, rootfs, made } = args
  using open = new DisposableStack()
  const layers = chain.map((file, number) => open.use(openLayer(file, number)))
  const tree = mergeTrees(layers.map(layer => layer.tree))
  if (mode === 'compare') {
    const before = withPlaceholders(treeDirectory(tree?.root), made)
    return shown(await compareTrees(Buffer.from(rootfs), before, { whole: true }))
  }
  mkdirSync(rootfs)
  chmodSync(rootfs, 0o755)
  const tars = layers.map(layer => layer.tar)
  if (tree) unpackTree(tree.root, rootfs, tars)
  return []
}
