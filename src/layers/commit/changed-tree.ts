import type { DiffID } from '../../oci/index.ts'
import type { Placeholder } from '../layers.ts'

/** Where a writable's changes are, for the stage that makes a layer of them. */
export interface ChangedTree {
  /** The upper folder of an overlay, or the whole rootfs. */
  readonly folder: string
  /** The layers that it stands on, lowest first: under an overlay by their folders, under a whole rootfs by their tars. */
  readonly below: readonly { readonly diffID: DiffID; readonly path: string }[]
  readonly placeholders: readonly Placeholder[]
}
