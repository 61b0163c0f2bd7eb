import { randomUUID } from 'node:crypto'
import type { DiffID, Digest } from '../oci/index.ts'
import type { LeaseStore } from './images.ts'

const PREFIX = 'passing:'
const MILLISECONDS = 7 * 24 * 60 * 60 * 1000

/** A lease of work that can't go on in another engine: what an earlier one left of it is dropped at the start. */
export interface PassingLease extends Disposable {
  /** To be called before asking whether the blob is there, and before bringing it. */
  addContent(digest: Digest): Promise<void>
  /** The same for a layer. */
  addLayer(layer: DiffID): Promise<void>
}

/** @param purpose for whoever lists the leases: `save`. */
export function openPassingLease(leases: LeaseStore, purpose: string): PassingLease {
  const id = `${PREFIX}${purpose}:${randomUUID()}`
  leases.open(id, MILLISECONDS)
  return {
    async addContent(digest) {
      leases.addContent(id, digest)
      await leases.settled(digest)
    },
    async addLayer(layer) {
      leases.addLayer(id, layer)
      await leases.settled(layer)
    },
    [Symbol.dispose]: () => leases.close(id),
  }
}

/** Whether the lease is one that ends with its engine. */
export function isPassing(id: string): boolean {
  return id.startsWith(PREFIX)
}
