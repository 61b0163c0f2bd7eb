import { randomUUID } from 'node:crypto'
import type { LeaseStore } from './images.ts'
import { keeperOf, type LeaseKeeper } from './lease-keeper.ts'

const PREFIX = 'passing:'
const MILLISECONDS = 7 * 24 * 60 * 60 * 1000

/** A lease of work that can't go on in another engine: what an earlier one left of it is dropped at the start. */
export interface PassingLease extends Disposable, LeaseKeeper {}

/** @param purpose for whoever lists the leases: `save`. */
export function openPassingLease(leases: LeaseStore, purpose: string): PassingLease {
  const id = `${PREFIX}${purpose}:${randomUUID()}`
  leases.open(id, MILLISECONDS)
  return {
    ...keeperOf(leases, id),
    [Symbol.dispose]: () => leases.close(id),
  }
}

/** Whether the lease is one that ends with its engine. */
export function isPassing(id: string): boolean {
  return id.startsWith(PREFIX)
}
