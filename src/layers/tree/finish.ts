import type { ByteString } from '../../archive/index.ts'
import { type Node, S_IFLNK, S_IFMT, S_IFREG } from './node.ts'

/** The whole tree of a layer, with whiteouts in place as overlayfs wants them. */
export interface FinishedTree {
  readonly root: Node
  /** Each inode once, parents before their children, children in the order of their names' bytes; `root` is the first. */
  readonly nodes: readonly Node[]
  /** Entries of the tar. */
  readonly entries: number
  /**
   * Bytes of regular files and of the targets of symbolic links, hard links once: what Docker shows as the layer's size.
   */
  readonly size: number
}

/** Orders byte strings by their bytes. */
export function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The names of a directory in the order of their bytes. */
export function sortedNames(directory: Node): ByteString[] {
  return [...directory.children!.keys()].sort(byBytes)
}

/** Puts whiteouts in place, counts links and lists the inodes. The tree must not be added to afterwards. */
export function finishTree(root: Node, entries: number): FinishedTree {
  const nodes: Node[] = []
  let size = 0
  const stack: Node[] = [root]
  /** Directories below opaque ones: nothing of the layers below shows in them. */
  const hidden = new Set<Node>()
  root.links = 2
  for (let node = stack.pop(); node; node = stack.pop()) {
    node.index = nodes.length
    nodes.push(node)
    if (!node.children) {
      size += sizeOf(node)
      continue
    }
    const covered = settleWhiteouts(node, hidden.has(node))
    const names = sortedNames(node)
    for (let at = names.length - 1; at >= 0; at--) {
      const child = node.children.get(names[at]!)!
      if (child.children) {
        if (covered) hidden.add(child)
        node.links++
        child.links = 2
        stack.push(child)
      } else if (child.links++ === 0) stack.push(child)
    }
  }
  return { root, nodes, entries, size }
}

/** Bytes of a regular file or of the target of a link. */
export function sizeOf(node: Node): number {
  const type = node.mode & S_IFMT
  if (type === S_IFREG) return node.size
  return type === S_IFLNK ? node.target!.length : 0
}

/**
 * Turns what a directory removes into what overlayfs reads as that. Where nothing of the layers below shows, there is
 * nothing to remove: a whiteout there would be listed as a name. Returns whether that is so.
 */
function settleWhiteouts(directory: Node, hidden: boolean): boolean {
  const covered = hidden || directory.opaque
  if (!covered) {
    for (const [name, whiteout] of directory.whiteouts ?? []) {
      const made = directory.children!.get(name)
      if (!made) directory.children!.set(name, whiteout)
      else if (made.children) made.opaque = true
    }
  }
  directory.whiteouts = undefined
  return covered
}
