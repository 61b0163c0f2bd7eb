import type { DiffID, Digest } from '../oci/index.ts'
import type { LeaseStore } from './images.ts'

/** What work under a lease asks of it for each thing, before it asks whether that is here and before it brings it. */
export interface LeaseKeeper {
  addContent(...digests: Digest[]): Promise<void>
  addLayers(...layers: DiffID[]): Promise<void>
}

/** Adds to the lease of this ID, and waits for the end of a removal that is under way. Throws `not_found` without the lease. */
export function keeperOf(leases: LeaseStore, id: string): LeaseKeeper {
  return {
    async addContent(...digests) {
      leases.addContent(id, ...digests)
      for (const digest of digests) await leases.settled(digest)
    },
    async addLayers(...layers) {
      leases.addLayers(id, ...layers)
      for (const layer of layers) await leases.settled(layer)
    },
  }
}
