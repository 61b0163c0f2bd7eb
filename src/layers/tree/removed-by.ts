import type { ByteString } from '../../archive/index.ts'
import { isWhiteout, type Node } from './node.ts'

/**
 * Which layer of a chain, of which the roots are given, lowest first, took a path away that the whole chain doesn't
 * show; undefined when no layer ever had it.
 */
export function removedBy(roots: readonly Node[], path: readonly ByteString[]): number | undefined {
  let by: number | undefined
  for (let layer = roots.length - 1; layer >= 0; layer--) {
    const says = layerSays(roots[layer]!, path)
    if (says === 'has') return by
    if (says === 'hides') by = layer
  }
  return undefined
}

/** Whether a layer has something at a path, or hides what those below it have there. */
export function layerSays(root: Node, path: readonly ByteString[]): 'has' | 'hides' | undefined {
  let node = root
  let hides = false
  for (const [at, part] of path.entries()) {
    hides ||= node.opaque
    const child = node.children!.get(part)
    if (!child) return hides ? 'hides' : undefined
    if (isWhiteout(child)) return 'hides'
    if (at === path.length - 1) return 'has'
    if (!child.children) return 'hides'
    node = child
  }
  return 'has'
}
