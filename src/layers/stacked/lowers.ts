import type { DiffID } from '../../oci/index.ts'

/** Where the read-only layers of a driver show as folders, for overlayfs to stack. */
export interface Lowers {
  /** Makes the layers of a chain show until {@link release}; returns their folders, lowest first. Throws `not_found`. */
  acquire(chain: readonly DiffID[]): Promise<string[]>
  release(chain: readonly DiffID[]): Promise<void>
  /** Where a layer shows while it is acquired. */
  path(diffID: DiffID): string
  /** Whether somebody has acquired the layer. */
  inUse(diffID: DiffID): boolean
  /** Takes away what is there for `diffID` while nobody has acquired it. */
  clear(diffID: DiffID): Promise<void>
  /** After a start: takes away all that is not for a layer of `keep`. Returns the mount points. */
  recover(keep: ReadonlySet<DiffID>): Promise<string[]>
  /** Takes away what nobody has acquired. */
  close(): Promise<void>
}
