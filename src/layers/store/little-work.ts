import type { Usage } from '../layers.ts'

/**
 * What is so little that a driver's stage makes a layer of it in a few milliseconds: that is done on the event loop instead
 * of on a worker thread, which may have to be started first. What is compressed never is: a few bytes may unfold to anything.
 */
export interface LittleWork {
  /** Bytes of a tar. Each KiB may stand for thousands of implied folders or an index of half a megabyte of a sparse file. */
  readonly tar: number
  /** Bytes and inodes that a writable changed. */
  readonly changes: Usage
}

/** Where a layer is its tar: a millisecond, and some fifty for the worst that 64 KiB can stand for. */
export const littleAsTar: LittleWork = { tar: 64 << 10, changes: { size: 1 << 20, inodes: 100 } }

/** Where a layer is unpacked: each file or folder costs 0.2 ms, more when the disk is busy. */
export const littleUnpacked: LittleWork = { tar: 0, changes: { size: 256 << 10, inodes: 20 } }
