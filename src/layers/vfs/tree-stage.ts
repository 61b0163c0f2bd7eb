import { chmodSync, closeSync, createReadStream, mkdirSync, openSync } from 'node:fs'
import { type Bytes, fromReadable, type Stage } from '../../std/index.ts'
import { compareTrees } from '../changes/find-changes.ts'
import type { Change } from '../layers.ts'
import { scanTar } from '../scan-tar.ts'
import type { FinishedTree } from '../tree/finish.ts'
import { mergeTrees } from '../tree/merge.ts'
import { unpackTree } from '../unpack/unpack-tree.ts'
import { treeDirectory } from './tree-directory.ts'

export interface TreeStageArgs {
  /** `fill` makes `rootfs` from the layers; `compare` tells what has changed in it since. */
  readonly mode: 'fill' | 'compare'
  /** The tars of the chain, lowest first. */
  readonly tars: readonly string[]
  readonly rootfs: string
}

/** What the vfs driver does with whole trees. Results in the changes for `compare`. */
export const stage: Stage<TreeStageArgs, readonly Change[]> = async (_input: Bytes, args: TreeStageArgs) => {
  const { mode, tars, rootfs } = args
  const tree = await mergedTree(tars)
  if (mode === 'compare') return compareTrees(Buffer.from(rootfs), treeDirectory(tree?.root), { whole: true })
  mkdirSync(rootfs)
  chmodSync(rootfs, 0o755)
  const open = tars.map(path => openSync(path, 'r'))
  try {
    if (tree) unpackTree(tree.root, rootfs, open)
  } finally {
    for (const fd of open) closeSync(fd)
  }
  return []
}

async function mergedTree(tars: readonly string[]): Promise<FinishedTree | undefined> {
  const trees: FinishedTree[] = []
  for (const path of tars) {
    const tar = fromReadable(createReadStream(path, { highWaterMark: 1 << 20 }))
    trees.push((await scanTar(tar, {})).tree)
  }
  return mergeTrees(trees)
}
