import type { ByteString } from '../../archive/index.ts'
import type { HiddenFile, LayerSurvey } from '../layers.ts'
import { sizeOf } from '../tree/finish.ts'
import { layOver } from '../tree/merge.ts'
import { isWhiteout, type Node } from '../tree/node.ts'
import { layerSays } from '../tree/removed-by.ts'
import { show } from '../tree/resolve.ts'
import { type LayerFile, openLayer } from './open-layer.ts'

/** What each layer of a chain has, and what of it those above hide; the `paths` largest hidden files with their names. */
export function surveyChain(chain: readonly LayerFile[], paths: number): LayerSurvey[] {
  const surveys: Mutable<LayerSurvey>[] = []
  const largest = largestOf(paths)
  /** Hard links: how many names of an inode are hidden. Its bytes are when all are. */
  const hiddenNames = new Map<Node, number>()
  let view: Node | undefined
  for (const [number, file] of chain.entries()) {
    using layer = openLayer(file, number)
    const { root } = layer.tree
    surveys.push({
      diffID: file.diffID,
      size: layer.tree.size,
      ...countNames(root),
      hidden: 0,
      hiddenFiles: 0,
      largest: [],
    })
    view = layOver(view, root, (node, path) => {
      for (const [hidden, name] of filesIn(node, path)) {
        const survey = surveys[hidden.layer]!
        survey.hiddenFiles++
        if (!isLastName(hidden, hiddenNames)) continue
        const size = sizeOf(hidden)
        survey.hidden += size
        largest.add(size, hidden.layer, () => {
          const parts = name.split('/') as ByteString[]
          const how = layerSays(root, parts) === 'has' ? 'replaced' : 'removed'
          return { path: show(parts), size, by: number, how }
        })
      }
    })
  }
  for (const { layer, file } of largest.sorted()) surveys[layer]!.largest.push(file)
  return surveys
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] }

function countNames(root: Node): { files: number; removals: number } {
  let files = 0
  let removals = 0
  const directories = [root]
  for (let here = directories.pop(); here; here = directories.pop()) {
    if (here.opaque) removals++
    for (const child of here.children!.values()) {
      if (child.children) directories.push(child)
      else if (isWhiteout(child)) removals++
      else files++
    }
  }
  return { files, removals }
}

/** What is no directory at `path` and below it. */
function* filesIn(node: Node, path: string): Generator<readonly [file: Node, path: string]> {
  if (!node.children) yield [node, path]
  else for (const [name, child] of node.children) yield* filesIn(child, `${path}/${name}`)
}

/** Counts one more hidden name of a file. */
function isLastName(file: Node, hiddenNames: Map<Node, number>): boolean {
  if (file.links === 1) return true
  const hidden = (hiddenNames.get(file) ?? 0) + 1
  hiddenNames.set(file, hidden)
  return hidden === file.links
}

interface Listed {
  readonly layer: number
  readonly file: HiddenFile
}

/** Keeps the `count` largest of all files that it is told of. */
function largestOf(count: number) {
  let kept: Listed[] = []
  let least = 0
  const bySize = (one: Listed, other: Listed) => other.file.size - one.file.size
  const cut = () => {
    kept = kept.sort(bySize).slice(0, count)
    if (kept.length === count) least = kept.at(-1)?.file.size ?? Number.POSITIVE_INFINITY
  }
  if (count === 0) least = Number.POSITIVE_INFINITY
  return {
    add(size: number, layer: number, describe: () => HiddenFile): void {
      if (size <= least) return
      kept.push({ layer, file: describe() })
      if (kept.length >= 2 * count + 100) cut()
    },
    sorted(): readonly Listed[] {
      cut()
      return kept
    },
  }
}
