import type { Usage } from '../layers.ts'

/**
 * What is so little that a driver's stage makes a layer of it in a few milliseconds: that is done on the event loop instead
 * of on a worker thread, which may have to be started first.
 */
export interface LittleWork {
  /** Bytes of a tar. */
  readonly tar: number
  /** Bytes of a compressed tar, which may hold a thousand times as much. */
  readonly compressed: number
  /** Bytes and inodes that a writable changed. */
  readonly changes: Usage
}

/** Where a layer is its tar. One of 2 MiB takes 12 ms, in pieces of 3, when it is 4,000 empty files; else a tenth. */
export const littleAsTar: LittleWork = { tar: 2 << 20, compressed: 16 << 10, changes: { size: 1 << 20, inodes: 100 } }

/** Where a layer is unpacked: each file costs 0.2 ms, more when the disk is busy. */
export const littleUnpacked: LittleWork = { tar: 16 << 10, compressed: 0, changes: { size: 256 << 10, inodes: 20 } }
