import type { MetadataStore } from '../metadata/index.ts'
import type { DiffID, Digest } from '../oci/index.ts'
import { StrataError } from '../std/index.ts'
import type { Collection, Lease, LeaseStore } from './images.ts'

type Thing = Digest | DiffID

interface Held {
  expiresAt: number
  /** Only in memory. */
  readonly passing: boolean
  readonly content: Set<Digest>
  readonly layers: Set<DiffID>
}

/** Leases, kept in memory; all but passing ones are written through to `metadata`, so that they survive the engine. One a store. */
export function createLeaseStore(metadata: MetadataStore): LeaseStore {
  const table = metadata.table<Omit<Lease, 'id'>>('leases')
  const held = new Map<string, Held>()
  for (const [id, lease] of table.entries()) {
    const expiresAt = Date.parse(lease.expiresAt) || 0
    held.set(id, { expiresAt, passing: false, content: new Set(lease.content), layers: new Set(lease.layers) })
  }
  /** One set for each collection under way: all that was leased since it began. */
  const collections = new Set<Set<Thing>>()
  const removals = new Map<Thing, Promise<void>>()

  function describe(id: string, lease: Held): Lease {
    const expiresAt = new Date(lease.expiresAt).toISOString()
    return { id, expiresAt, content: [...lease.content], layers: [...lease.layers] }
  }

  function save(id: string, lease: Held): void {
    if (lease.passing) return
    const { id: _, ...record } = describe(id, lease)
    table.put(id, record)
  }

  function close(id: string): void {
    const lease = held.get(id)
    held.delete(id)
    if (lease && !lease.passing) table.delete(id)
  }

  function live(): [id: string, lease: Held][] {
    const now = Date.now()
    for (const [id, lease] of [...held]) if (lease.expiresAt <= now) close(id)
    return [...held]
  }

  function add<T extends Thing>(id: string, things: readonly T[], setOf: (lease: Held) => Set<T>): void {
    const lease = held.get(id)
    if (!lease) throw new StrataError('not_found', `no such lease: ${id}`)
    for (const leased of collections) for (const thing of things) leased.add(thing)
    const set = setOf(lease)
    const { size } = set
    for (const thing of things) set.add(thing)
    if (set.size > size) save(id, lease)
  }

  function collect(): Collection {
    const leased = new Set<Thing>()
    for (const [, lease] of live()) for (const thing of [...lease.content, ...lease.layers]) leased.add(thing)
    collections.add(leased)
    return {
      isLeased: thing => leased.has(thing),
      async remove(thing, work) {
        // Another collection may be at it: when that is done there is nothing left to do, or to wait for.
        while (removals.has(thing)) await removals.get(thing)
        if (leased.has(thing)) return false
        const { promise, resolve } = Promise.withResolvers<void>()
        removals.set(thing, promise)
        try {
          await work()
          return true
        } finally {
          removals.delete(thing)
          resolve()
        }
      },
      [Symbol.dispose]: () => collections.delete(leased),
    }
  }

  return {
    open(id, milliseconds, { passing = false } = {}) {
      const lease = held.get(id) ?? { expiresAt: 0, passing, content: new Set(), layers: new Set() }
      lease.expiresAt = Date.now() + milliseconds
      held.set(id, lease)
      save(id, lease)
    },
    addContent: (id, ...digests) => add(id, digests, lease => lease.content),
    addLayers: (id, ...layers) => add(id, layers, lease => lease.layers),
    close,
    list: () => live().map(([id, lease]) => describe(id, lease)),
    async settled(thing) {
      while (removals.has(thing)) await removals.get(thing)
    },
    collect,
  }
}
