import type { Difference, LayerPlace, ShownFile } from '../layers.ts'
import { layOver } from '../tree/merge.ts'
import {
  impliedDirectory,
  type Node,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from '../tree/node.ts'
import { removedBy } from '../tree/removed-by.ts'
import { show } from '../tree/resolve.ts'
import { differences, type Found } from './differences.ts'
import { type LayerFile, type OpenLayer, openLayer } from './open-layer.ts'
import { sameContent } from './same-content.ts'

/** What differs between what two chains show. Layers that both have at their bottom are read once. */
export function* compareChains(from: readonly LayerFile[], to: readonly LayerFile[]): Generator<Difference> {
  using open = new DisposableStack()
  const layers: OpenLayer[] = []
  const places: LayerPlace[] = []
  const read = (files: readonly LayerFile[], chain: LayerPlace['chain'], first: number): Node[] =>
    files.map((file, at) => {
      const layer = open.use(openLayer(file, layers.length))
      layers.push(layer)
      places.push({ chain, index: first + at })
      return layer.tree.root
    })
  const shared = sharedLength(from, to)
  const base = read(from.slice(0, shared), 'both', 0)
  const roots = {
    from: [...base, ...read(from.slice(shared), 'from', shared)],
    to: [...base, ...read(to.slice(shared), 'to', shared)],
  }
  const below = stacked(undefined, base)
  const before = stacked(below, roots.from.slice(shared)) ?? impliedDirectory()
  const after = stacked(below, roots.to.slice(shared)) ?? impliedDirectory()

  const same = (one: Node, other: Node): boolean => {
    const [left, right] = [layers[one.layer]!, layers[other.layer]!]
    if (left.diffID === right.diffID && one.dataOffset === other.dataOffset) return true
    return sameContent({ node: one, tar: left.tar }, { node: other, tar: right.tar })
  }
  const placeOf = (chain: 'from' | 'to', index: number): LayerPlace =>
    index < shared ? { chain: 'both', index } : { chain, index }
  /** The layer that took the path away from the chain that does not show it, or the one that has it. */
  const responsible = ({ path, before: old, after: now }: Found): LayerPlace => {
    const chain = now ? 'from' : 'to'
    const by = removedBy(roots[chain], path)
    return by === undefined ? places[(now ?? old)!.layer]! : placeOf(chain, by)
  }
  const changedBy = (old: Node, now: Node): LayerPlace => {
    const place = places[now.layer]!
    return place.chain === 'both' ? places[old.layer]! : place
  }
  const names = { before: nameCounts(before), after: nameCounts(after) }
  for (const found of differences(before, after, same)) {
    const { path, aspects, before: old, after: now } = found
    yield {
      path: show(path),
      aspects,
      ...(old && { before: shown(old, places, names.before) }),
      ...(now && { after: shown(now, places, names.after) }),
      by: old && now ? changedBy(old, now) : responsible(found),
    }
  }
}

function stacked(below: Node | undefined, roots: readonly Node[]): Node | undefined {
  return roots.reduce((lower: Node | undefined, upper) => layOver(lower, upper), below)
}

function sharedLength(one: readonly LayerFile[], other: readonly LayerFile[]): number {
  const most = Math.min(one.length, other.length)
  for (let at = 0; at < most; at++) if (one[at]!.diffID !== other[at]!.diffID) return at
  return most
}

const types = new Map<number, ShownFile['type']>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
])

function shown(node: Node, places: readonly LayerPlace[], namesOf: (node: Node) => number): ShownFile {
  const names = node.children || node.links === 1 ? 1 : namesOf(node)
  return {
    type: types.get(node.mode & S_IFMT)!,
    mode: node.mode & 0o7777,
    uid: node.uid,
    gid: node.gid,
    size: node.target?.length ?? node.size,
    mtime: { seconds: node.seconds, nanoseconds: node.nanoseconds },
    layer: places[node.layer]!,
    ...(names > 1 && { linked: { inode: node.index, names } }),
  }
}

/** How many names of an inode a tree shows; its layer may have more. Counts them all when it is first asked. */
function nameCounts(root: Node): (node: Node) => number {
  let counts: Map<Node, number> | undefined
  return node => {
    counts ??= countNames(root)
    return counts.get(node) ?? 0
  }
}

function countNames(root: Node): Map<Node, number> {
  const counts = new Map<Node, number>()
  const directories = [root]
  for (let here = directories.pop(); here; here = directories.pop()) {
    for (const child of here.children!.values()) {
      if (child.children) directories.push(child)
      else if (child.links > 1) counts.set(child, (counts.get(child) ?? 0) + 1)
    }
  }
  return counts
}
