import type { ByteString } from '../../archive/index.ts'
import { type FinishedTree, finishTree } from './finish.ts'
import { isWhiteout, type Node } from './node.ts'

/**
 * What the layers of a chain show together: each tree over those below it, whiteouts and opaque directories applied.
 * The trees are used up. Nodes tell which layer they are from.
 */
export function mergeTrees(trees: readonly FinishedTree[]): FinishedTree | undefined {
  const [lowest, ...others] = trees
  if (!lowest) return undefined
  for (const [layer, tree] of trees.entries()) {
    for (const node of tree.nodes) {
      node.layer = layer
      node.links = 0
    }
  }
  settle(lowest.root)
  for (const tree of others) putOver(lowest.root, tree.root)
  const entries = trees.reduce((sum, tree) => sum + tree.entries, 0)
  return finishTree(lowest.root, entries)
}

function putOver(lower: Node, upper: Node): void {
  if (upper.opaque) lower.children!.clear()
  for (const [name, node] of upper.children!) {
    const before = lower.children!.get(name)
    if (isWhiteout(node)) lower.children!.delete(name)
    else if (node.children && before?.children) {
      putOver(before, node)
      node.children = before.children
      node.opaque = false
      put(lower, name, node)
    } else {
      settle(node)
      put(lower, name, node)
    }
  }
}

function put(directory: Node, name: ByteString, node: Node): void {
  directory.children!.set(name, node)
}

/** A tree with nothing below it: whiteouts have nothing to hide. */
function settle(node: Node): void {
  node.opaque = false
  for (const [name, child] of node.children ?? []) {
    if (isWhiteout(child)) node.children!.delete(name)
    else settle(child)
  }
}
