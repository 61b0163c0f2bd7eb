import type { Descriptor, DiffID } from '../../oci/index.ts'
import type { ChangedTree } from '../commit/changed-tree.ts'

/** What a driver's stage is to do with a layer's folder. */
export interface LayerStageArgs {
  /**
   * - `ingest`: takes the tar from its input, keeps it as `layer.tar` and derives what the driver needs;
   * - `commit`: the same with a tar of its own making: the layer of what `changes` names;
   * - `derive`: reads `layer.tar` again, and makes afresh what is derived from it;
   * - `verify`: reads `layer.tar` again, and compares what is derived from it with what is there (throws `internal`).
   *
   * All throw `failed_precondition` when the digest is not `expect`.
   */
  readonly mode: 'ingest' | 'commit' | 'derive' | 'verify'
  readonly directory: string
  readonly expect?: DiffID | undefined
  /** What the input must be when it is a compressed tar. */
  readonly compressed?: Partial<Pick<Descriptor, 'digest' | 'size'>> | undefined
  readonly changes?: ChangedTree | undefined
  readonly limit?: number | undefined
}

export interface LayerStageResult {
  readonly diffID: DiffID
  readonly tarSize: number
  readonly size: number
  readonly entries: number
}
