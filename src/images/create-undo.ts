import type { MetadataStore, Table } from '../metadata/index.ts'
import { type Digest, hexOf } from '../oci/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import type { ImageRecord, ImageStore, NameRecord, Removed, Restored } from './images.ts'
import { isDigestName, parseName } from './names.ts'
import { leadsTo, type RemovedImage, type RemovedName, type UndoLog } from './undo.ts'

interface Parts {
  readonly metadata: MetadataStore
  readonly log: UndoLog
  readonly images: Table<ImageRecord>
  readonly names: Table<NameRecord>
  readonly setName: (name: string, record: NameRecord) => void
  readonly putRecord: (record: ImageRecord) => void
  readonly forgetUse: (id: Digest) => void
}

/** The part of the image store that puts back what was taken away. */
export function createUndo(
  parts: Parts,
): Pick<ImageStore, 'removed' | 'removedPoints' | 'removedImages' | 'restore' | 'forgetRemoved' | 'forgetNames'> {
  const { metadata, log, images, names } = parts
  const recordOf = (id: Digest) => images.get(id) ?? log.image(id)?.record

  /** Names that can be put back: their image is here, or can be put back too, and they don't lead to all of that now. */
  function removedNames(): (RemovedName & { readonly image: ImageRecord })[] {
    return log.names().flatMap(removed => {
      const image = recordOf(removed.points.image)
      return image && !leadsTo(names.get(removed.name), removed.points) ? [{ ...removed, image }] : []
    })
  }

  function removed(): Removed[] {
    const named = removedNames().filter(({ name }) => !isDigestName(name))
    const known = new Set(named.map(({ image }) => image.id))
    const nameless = Array.from(log.images()).filter(({ record }) => !known.has(record.id))
    return [
      ...named.map(({ name, image, at, why }) => ({ name, image, at, why })),
      ...nameless.map(({ record, at }) => ({ image: record, at, why: 'removed' as const })),
    ].sort((a, b) => b.at - a.at)
  }

  /** Puts back an image, the images that it was made of, and its digests. */
  function restoreImage(id: Digest): void {
    const gone = log.image(id)
    if (!gone) return
    parts.putRecord(gone.record)
    if (gone.record.parent) restoreImage(gone.record.parent)
    for (const entry of removedNames()) {
      if (entry.image.id === id && isDigestName(entry.name) && !names.has(entry.name)) restoreName(entry)
    }
  }

  function restoreName(entry: RemovedName): void {
    for (const { image } of entry.points.held?.manifests ?? []) if (image) restoreImage(image)
    parts.setName(entry.name, leftOf(entry.points))
    log.forgetName(entry)
  }

  /** Without images that can't be put back any more. */
  function leftOf({ held, ...points }: NameRecord): NameRecord {
    if (!held) return points
    const manifests = held.manifests.filter(({ image }) => image === undefined || images.has(image))
    return { ...points, held: { manifests, whole: held.whole && manifests.length === held.manifests.length } }
  }

  function restore(text: string): Restored {
    const entries = removedNames()
    const name = nameIn(text)
    const named = entries.find(entry => entry.name === name)
    if (named) {
      restoreImage(named.image.id)
      restoreName(named)
      return { image: named.image, names: [named.name], left: [] }
    }
    const candidates = [...entries.map(({ image }) => image), ...Array.from(log.images(), ({ record }) => record)]
    const found = new Map(candidates.filter(({ id }) => isPrefix(text, id)).map(image => [image.id, image]))
    const [image, other] = found.values()
    if (!image || other) throw new StrataError('not_found', `No such removed image: ${text}`)
    restoreImage(image.id)
    const back: string[] = []
    const left = new Set<string>()
    for (const entry of entries) {
      if (entry.image.id !== image.id || isDigestName(entry.name) || back.includes(entry.name)) continue
      if (names.has(entry.name)) left.add(entry.name)
      else {
        restoreName(entry)
        back.push(entry.name)
      }
    }
    return { image, names: back, left: [...left] }
  }

  function dropNamesOfNothing(): void {
    for (const entry of log.names()) if (!recordOf(entry.points.image)) log.forgetName(entry)
  }

  function forgetRemoved(which: (image: RemovedImage) => boolean): void {
    for (const image of Array.from(log.images()).filter(which)) {
      log.forgetImage(image.record.id)
      parts.forgetUse(image.record.id)
    }
    dropNamesOfNothing()
  }

  return {
    removed,
    removedPoints: () => log.names().map(({ points }) => points),
    removedImages: () => log.images(),
    restore: text => metadata.transaction(() => restore(text)),
    forgetRemoved: which => metadata.transaction(() => forgetRemoved(which)),
    forgetNames: moment =>
      metadata.transaction(() => {
        for (const entry of log.names()) if (entry.at < moment) log.forgetName(entry)
      }),
  }
}

/** The name that `text` can be, if it can be one. */
function nameIn(text: string): string | undefined {
  try {
    return parseName(text).name
  } catch (error) {
    if (isStrataError(error)) return undefined
    throw error
  }
}

function isPrefix(text: string, id: Digest): boolean {
  return (
    text !== '' &&
    (id.startsWith(text) || hexOf(id).startsWith(text)) &&
    text !== 'sha256:' &&
    !'sha256:'.startsWith(text)
  )
}
