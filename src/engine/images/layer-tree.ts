import type { DiffID } from '../../oci/index.ts'

interface Node {
  readonly size: number
  users: number
  readonly next: Map<string, Node>
}

/** A layer as the tree wants it: without a size, it counts for nothing but its being there. */
interface SizedLayer {
  readonly diffID: DiffID
  readonly size?: number
}

type Chain = readonly SizedLayer[]

/** Layers as Docker counts them: one with the same layers below it is the same one, and counts once. */
export class LayerTree {
  readonly #root = new Map<string, Node>()
  /** Bytes of all layers. */
  size = 0

  constructor(chains: Iterable<Chain>) {
    for (const chain of chains) this.add(chain)
  }

  add(chain: Chain): void {
    let at = this.#root
    for (const { diffID, size = 0 } of chain) {
      let node = at.get(diffID)
      if (!node) {
        node = { size, users: 0, next: new Map() }
        at.set(diffID, node)
        this.size += size
      }
      node.users++
      at = node.next
    }
  }

  /** Takes out a chain that was added; returns how many of its layers, from the lowest on, others still have. */
  remove(chain: Chain): number {
    const nodes = this.#nodes(chain)
    for (const node of nodes) node.users--
    return nodes.filter(({ users }) => users > 0).length
  }

  /** Bytes of the layers that some of the chains in it have in common with the rest of them. */
  sharedBy(chains: readonly Chain[]): number {
    const nodes = chains.flatMap(chain => this.#nodes(chain))
    for (const node of nodes) node.users--
    let bytes = 0
    // One chain, which is what most images have, has no layer twice.
    for (const { users, size } of chains.length > 1 ? new Set(nodes) : nodes) if (users > 0) bytes += size
    for (const node of nodes) node.users++
    return bytes
  }

  #nodes(chain: Chain): Node[] {
    const nodes: Node[] = []
    let at: Map<string, Node> | undefined = this.#root
    for (const { diffID } of chain) {
      const node: Node | undefined = at?.get(diffID)
      if (!node) break
      nodes.push(node)
      at = node.next
    }
    return nodes
  }
}
