import { keeperOf, type LeaseKeeper, type LeaseStore } from '../../images/index.ts'
import type { DiffID, Digest } from '../../oci/index.ts'
import { formatReference, type Reference } from '../../reference/index.ts'

const MILLISECONDS = 24 * 60 * 60 * 1000

/** Keeps what a pull needs from being collected. */
export interface PullLease extends LeaseKeeper {
  /** At the end. A pull that failed leaves its lease, so that the next one can go on from what is there. */
  end(succeeded: boolean): void
}

export interface PullLeases {
  /** The lease of a pull that begins. */
  lend(reference: Reference): PullLease
  /** Closes those that no pull uses: what pulls that failed, of earlier engines too, have left for the next ones. Returns what they held. */
  letGo(): readonly (Digest | DiffID)[]
}

const PREFIX = 'pull:'

/** Leases of pulls, one a reference: pulls of the same reference share it, and the last one closes it. */
export function createPullLeases(leases: LeaseStore): PullLeases {
  const users = new Map<string, number>()
  return {
    lend(reference) {
      const id = `${PREFIX}${formatReference(reference)}`
      users.set(id, (users.get(id) ?? 0) + 1)
      leases.open(id, MILLISECONDS)
      return {
        ...keeperOf(leases, id),
        end(succeeded) {
          const left = users.get(id)! - 1
          if (left > 0) users.set(id, left)
          else users.delete(id)
          if (left === 0 && succeeded) leases.close(id)
        },
      }
    },
    letGo() {
      const unused = leases.list().filter(({ id }) => id.startsWith(PREFIX) && !users.has(id))
      for (const { id } of unused) leases.close(id)
      return unused.flatMap(({ content, layers }) => [...content, ...layers])
    },
  }
}
