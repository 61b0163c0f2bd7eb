import type { ByteString } from '../../archive/index.ts'
import { type FinishedTree, finishTree } from './finish.ts'
import { isWhiteout, type Node, withChildren } from './node.ts'

/** Told what was shown at `path` (relative, a byte string) until a layer hid it. */
export type OnHidden = (hidden: Node, path: string) => void

/**
 * What the layers of a chain show together: each tree over those below it, whiteouts and opaque directories applied.
 * The trees are used up. Nodes tell which layer they are from.
 */
export function mergeTrees(trees: readonly FinishedTree[]): FinishedTree | undefined {
  if (trees.length === 0) return undefined
  for (const [layer, tree] of trees.entries()) {
    for (const node of tree.nodes) {
      node.layer = layer
      node.links = 0
    }
  }
  const root = trees.map(tree => tree.root).reduce((lower: Node | undefined, upper) => layOver(lower, upper), undefined)
  const entries = trees.reduce((sum, tree) => sum + tree.entries, 0)
  return finishTree(root!, entries)
}

/**
 * What `upper`, the root of a layer's tree, shows on top of what the layers below it show (nothing: it is the lowest).
 * Changes neither: the result shares what it does not change.
 */
export function layOver(lower: Node | undefined, upper: Node, onHidden: OnHidden = () => {}): Node {
  return lower ? directoryOver(lower, upper, { path: '', onHidden }) : settled(upper)
}

interface Way {
  /** Of the directory, with a slash at its end unless it is the root. */
  readonly path: string
  readonly onHidden: OnHidden
}

function directoryOver(lower: Node, upper: Node, { path, onHidden }: Way): Node {
  const children = new Map(upper.opaque ? [] : lower.children!)
  if (upper.opaque) for (const [name, hidden] of lower.children!) onHidden(hidden, path + name)
  for (const [name, node] of upper.children!) {
    const before = children.get(name)
    if (node.children && before?.children) {
      children.set(name, directoryOver(before, node, { path: `${path}${name}/`, onHidden }))
      continue
    }
    if (before) onHidden(before, path + name)
    if (isWhiteout(node)) children.delete(name)
    else children.set(name, settled(node))
  }
  return withChildren(upper, children)
}

/** A tree with nothing below it: whiteouts have nothing to hide. */
function settled(node: Node): Node {
  if (!node.children) return node
  let children: Map<ByteString, Node> | undefined
  for (const [name, child] of node.children) {
    const kept = isWhiteout(child) ? undefined : settled(child)
    if (kept === child) continue
    children ??= new Map(node.children)
    if (kept) children.set(name, kept)
    else children.delete(name)
  }
  return children || node.opaque ? withChildren(node, children ?? node.children) : node
}
