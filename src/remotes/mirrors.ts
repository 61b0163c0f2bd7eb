import type { Digest } from '../oci/index.ts'
import { isStrataError, type Logger, messageOf } from '../std/index.ts'
import type { RegistryDirectory, Source } from './endpoint.ts'

/** Reads from a domain's mirrors before the registry itself, as far as they can be relied on. */
export interface Mirrors {
  /** What the first source brings that brings anything: failures of mirrors are passed over, the registry's own is thrown. */
  first<T>(domain: string, work: (source: Source) => Promise<T>): Promise<T>
  /** A blob's bytes came from there. */
  served(digest: Digest, source: Source): void
  /** A connection broke while a blob's bytes came. */
  broke(source: Source): void
  /** A blob's bytes were other ones than were asked for. True when mirrors had to do with it: ask again. */
  refuse(digest: Digest): boolean
}

/** How long a mirror is passed over, in milliseconds. */
const AFTER_LIE = 600_000
const AFTER_BREAK = 30_000
/** Blobs whose sources are remembered. */
const REMEMBERED = 1000

export function createMirrors(
  directory: RegistryDirectory,
  options: { readonly log?: Logger | undefined; readonly now?: () => number } = {},
): Mirrors {
  const { log, now = () => performance.now() } = options
  const passedOver = new Map<string, number>()
  const servers = new Map<Digest, Set<string>>()

  const passOver = (mirror: string, time: number) => passedOver.set(mirror, now() + time)

  return {
    async first(domain, work) {
      const sources = await directory.sources(domain)
      for (const source of sources) {
        if (!source.mirror) return work(source)
        if ((passedOver.get(source.name) ?? 0) > now()) continue
        try {
          return await work(source)
        } catch (error) {
          if (isStrataError(error, 'canceled')) throw error
          log?.warn({ mirror: source.name, problem: messageOf(error) }, 'a mirror is passed over')
          if (isStrataError(error, 'unavailable')) passOver(source.name, AFTER_BREAK)
        }
      }
      throw new Error('a domain without a registry')
    },
    served(digest, { name, mirror }) {
      if (!mirror) return
      const known = servers.get(digest) ?? new Set()
      servers.delete(digest)
      servers.set(digest, known.add(name))
      const [oldest] = servers.keys()
      if (servers.size > REMEMBERED) servers.delete(oldest!)
    },
    broke({ name, mirror }) {
      if (mirror) passOver(name, AFTER_BREAK)
    },
    refuse(digest) {
      const liars = servers.get(digest)
      if (!liars) return false
      servers.delete(digest)
      for (const mirror of liars) {
        passOver(mirror, AFTER_LIE)
        log?.error({ mirror, digest }, 'a mirror serves other bytes than were asked for: it is passed over')
      }
      return true
    },
  }
}
