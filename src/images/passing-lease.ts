import { randomUUID } from 'node:crypto'
import type { LeaseStore } from './images.ts'
import { keeperOf, type LeaseKeeper } from './lease-keeper.ts'

const MILLISECONDS = 7 * 24 * 60 * 60 * 1000

/** A lease of work that can't go on in another engine. */
export interface PassingLease extends Disposable, LeaseKeeper {}

/** @param purpose for whoever lists the leases: `save`. */
export function openPassingLease(leases: LeaseStore, purpose: string): PassingLease {
  const id = `${purpose}:${randomUUID()}`
  leases.open(id, MILLISECONDS, { passing: true })
  return {
    ...keeperOf(leases, id),
    [Symbol.dispose]: () => leases.close(id),
  }
}
