import { closeSync, openSync } from 'node:fs'
import { scanHeaders } from '../../archive/index.ts'
import type { DiffID } from '../../oci/index.ts'
import { errnoOf, isStrataError, StrataError } from '../../std/index.ts'
import { treeBuilder } from '../tree/build.ts'
import type { FinishedTree } from '../tree/finish.ts'

/** A layer that is kept. */
export interface LayerFile {
  readonly diffID: DiffID
  /** Path of its tar. */
  readonly tar: string
}

/** A layer that is being read; disposed, its tar is closed. */
export interface OpenLayer extends Disposable {
  readonly diffID: DiffID
  readonly tree: FinishedTree
  /** The open tar. */
  readonly tar: number
}

/**
 * Reads what a layer has from the headers in its tar. Nodes are told that they are of layer `number`.
 * Throws `not_found` when the layer is not there, `internal` when it is damaged.
 */
export function openLayer({ diffID, tar: path }: LayerFile, number: number): OpenLayer {
  const tar = opened(diffID, path)
  try {
    const builder = treeBuilder()
    scanHeaders(tar, entry => builder.add(entry))
    const tree = builder.finish()
    for (const node of tree.nodes) node.layer = number
    return { diffID, tree, tar, [Symbol.dispose]: () => closeSync(tar) }
  } catch (error) {
    closeSync(tar)
    if (!isStrataError(error, 'invalid_argument')) throw error
    throw new StrataError('internal', `layer ${diffID} is damaged: ${error.message}`, { cause: error })
  }
}

function opened(diffID: DiffID, path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw new StrataError('not_found', `layer ${diffID} does not exist`, { cause: error })
  }
}
