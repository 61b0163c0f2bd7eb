import type { ChangesOptions, Placeholder } from '../layers.ts'
import { S_IFDIR, S_IFLNK, S_IFREG } from '../tree/node.ts'
import type { FileFacts, LowerDirectory, LowerEntry } from './lower.ts'

/** A name on the way to a placeholder, or of one. A folder unless it says otherwise. */
interface Place {
  kind: Placeholder['kind']
  target: string | undefined
  readonly inside: Map<string, Place>
}

/**
 * What was there before a writable changed it, with the placeholders where nothing else was: what is left of them as it was
 * made is no change, and what has become another is a changed file and no new one.
 */
export function withPlaceholders(
  before: LowerDirectory,
  { placeholders, complete }: ChangesOptions = none,
): LowerDirectory {
  const top = new Map<string, Place>()
  for (const { path, kind, target } of placeholders) {
    let inside = top
    let place: Place | undefined
    for (const name of Buffer.from(path).toString('latin1').slice(1).split('/')) {
      place = inside.get(name) ?? { kind: 'directory', target: undefined, inside: new Map() }
      inside.set(name, place)
      inside = place.inside
    }
    if (place) Object.assign(place, { kind, target })
  }
  return top.size === 0 ? before : joined(before, top, complete)
}

const none: ChangesOptions = { placeholders: [], complete: false }

function joined(before: LowerDirectory | undefined, places: ReadonlyMap<string, Place>, complete: boolean) {
  const directory: LowerDirectory = {
    async get(name) {
      const found = await before?.get(name)
      const place = places.get(name)
      if (!place || (found && !found.directory)) return found
      if (!found && place.kind !== 'directory') return made(place)
      return { ...(found ?? made(place)), directory: joined(found?.directory, place.inside, complete) }
    },
    async names() {
      return new Set([...((await before?.names()) ?? []), ...(await directory.made!())])
    },
    async made() {
      const missing: string[] = []
      if (complete) for (const name of places.keys()) if (!(await before?.get(name))) missing.push(name)
      return missing
    },
  }
  return directory
}

function made({ kind, target }: Place): LowerEntry {
  const types = { directory: S_IFDIR | 0o755, file: S_IFREG | 0o755, symlink: S_IFLNK | 0o777 }
  const size = kind === 'symlink' ? Buffer.byteLength(target ?? '') : 0
  const facts: FileFacts = {
    mode: types[kind],
    uid: 0,
    gid: 0,
    device: 0,
    size,
    time: undefined,
    capability: undefined,
  }
  return { facts, ...(kind === 'symlink' && { target: target ?? '' }) }
}
