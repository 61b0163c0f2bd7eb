import { type ContentStore, readBlob } from '../content/index.ts'
import type { MetadataStore } from '../metadata/index.ts'
import { CONFIG_LIMIT, type Digest, parseImageConfig } from '../oci/index.ts'
import { createUndo } from './create-undo.ts'
import type { ImageRecord, ImageStore, ImageSummary, NameRecord } from './images.ts'
import { isDigestName, nameOf } from './names.ts'
import { noSuchImage, resolveImage } from './resolve.ts'
import { HELD, HOLDING, NAMED, newestFirst, summaryOf, type Tie } from './summaries.ts'
import { leadsTo, UndoLog } from './undo.ts'
import { Uses } from './uses.ts'

/** The image store over records in `metadata` and blobs in `content`. */
export function createImageStore(parts: {
  readonly metadata: MetadataStore
  readonly content: ContentStore
  /** Whether what is taken away can be put back, until it is forgotten. */
  readonly undo?: boolean
}): ImageStore {
  const { metadata, content, undo = false } = parts
  const log = new UndoLog(metadata, undo)
  const images = metadata.table<ImageRecord>('images')
  const names = metadata.table<NameRecord>('image-names')
  /** `<image> <name>`, so that the names of one image, and those that hold it, are found without reading all. */
  const byImage = metadata.table<Tie>('image-names-by-image')
  /** `<parent> <image>`. */
  const byParent = metadata.table<0>('images-by-parent')
  const uses = new Uses(metadata)
  const key = (image: Digest, name: string) => `${image} ${name}`

  function* tiesOf(image: Digest): Generator<readonly [name: string, tie: Tie]> {
    for (const [each, tie] of byImage.entries(key(image, ''))) yield [each.slice(key(image, '').length), tie]
  }

  function forgetName(name: string): boolean {
    const record = names.get(name)
    if (!record) return false
    for (const image of [record.image, ...othersOf(record)]) byImage.delete(key(image, name))
    return names.delete(name)
  }

  function setName(name: string, record: NameRecord): void {
    const before = names.get(name)
    if (before && !leadsTo(record, before)) log.keepName(name, before, 'moved')
    forgetName(name)
    names.put(name, record)
    for (const other of othersOf(record)) byImage.put(key(other, name), HELD)
    byImage.put(key(record.image, name), record.held ? HOLDING : NAMED)
  }

  function putRecord(record: ImageRecord): void {
    log.forgetImage(record.id)
    if (!images.has(record.id)) uses.use(record.id)
    images.put(record.id, record)
    if (record.parent) byParent.put(key(record.parent, record.id), 0)
  }

  function get(id: Digest): ImageRecord {
    const record = images.get(id)
    if (!record) throw noSuchImage(id)
    return record
  }

  /** All images, as long as nothing has changed: to read and sort a thousand records takes ten times as long as to tell them. */
  let listed: { readonly version: string; readonly summaries: readonly ImageSummary[] } | undefined

  function listAll(): readonly ImageSummary[] {
    const named = new Map<string, (readonly [name: string, tie: Tie])[]>()
    for (const [each, tie] of byImage.entries()) {
      const space = each.indexOf(' ')
      const image = each.slice(0, space)
      const list = named.get(image)
      if (list) list.push([each.slice(space + 1), tie])
      else named.set(image, [[each.slice(space + 1), tie]])
    }
    const summaries: ImageSummary[] = []
    for (const [id, record] of images.entries()) summaries.push(summaryOf(record, named.get(id) ?? []))
    return newestFirst(summaries)
  }

  return {
    ...createUndo({ metadata, log, images, names, setName, putRecord, forgetUse: id => uses.forget(id) }),
    use: id => uses.use(id),
    usedAt: id => uses.usedAt(id),
    put: (record, references, { others = [] } = {}) =>
      metadata.transaction(() => {
        const named = references.map(({ reference, ...points }) => ({ name: nameOf(reference), points }))
        const tagged = named.some(({ name }) => !isDigestName(name))
        const complete = merged(record, images.get(record.id))
        for (const other of others) putRecord(merged(other, images.get(other.id)))
        putRecord(tagged ? withTagTime(complete) : complete)
        for (const { name, points } of named) setName(name, { image: record.id, ...points })
      }),
    get: id => images.get(id),
    list() {
      const version = `${images.version} ${byImage.version}`
      if (listed?.version !== version) listed = { version, summaries: listAll() }
      return listed.summaries
    },
    summary: id => summaryOf(get(id), tiesOf(id)),
    children: id => Array.from(byParent.entries(key(id, '')), ([each]) => each.slice(key(id, '').length) as Digest),
    resolve: text =>
      resolveImage(text, {
        image: id => images.get(id),
        name: name => names.get(name),
        startingWith: prefix => Iterator.from(images.entries(prefix)).map(([, record]) => record),
      }),
    name: reference => names.get(nameOf(reference)),
    names: () => names.entries(),
    tag: (reference, image, points) =>
      metadata.transaction(() => {
        const record = get(image)
        const name = nameOf(reference)
        setName(name, { image, ...points })
        if (!isDigestName(name)) images.put(image, withTagTime(record))
      }),
    untag: reference =>
      metadata.transaction(() => {
        const name = nameOf(reference)
        const points = names.get(name)
        if (points) log.keepName(name, points, 'removed')
        return forgetName(name)
      }),
    remove: id =>
      metadata.transaction(() => {
        const gone = images.get(id)
        if (gone) log.keepImage(gone)
        for (const [name, tie] of tiesOf(id)) {
          const record = names.get(name)
          if (record && tie === HELD) setName(name, without(record, id))
          else {
            if (record) log.keepName(name, record, 'removed')
            forgetName(name)
          }
        }
        if (gone?.parent) byParent.delete(key(gone.parent, id))
        if (!undo) uses.forget(id)
        images.delete(id)
      }),
    config: async id => parseImageConfig(await readBlob(content, get(id).config.digest, CONFIG_LIMIT)),
  }
}

/** The name, when it no longer holds `image`: so nor all of its index. */
function without(record: NameRecord, image: Digest): NameRecord {
  const { held, ...rest } = record
  if (!held) return rest
  return { ...rest, held: { manifests: held.manifests.filter(each => each.image !== image), whole: false } }
}

/** The images of other platforms that a name holds. */
function othersOf({ image, held }: NameRecord): Digest[] {
  return (held?.manifests ?? []).flatMap(each => (each.image && each.image !== image ? [each.image] : []))
}

function withTagTime(record: ImageRecord): ImageRecord {
  return { ...record, lastTagged: new Date().toISOString() }
}

/** `record`, completed by what was known `before`. */
function merged(record: ImageRecord, before: ImageRecord | undefined): ImageRecord {
  if (!before) return record
  const manifest = record.manifest ?? before.manifest
  const parent = record.parent ?? before.parent
  const lastTagged = record.lastTagged ?? before.lastTagged
  const layers = record.layers.map((layer, position) => {
    const source = layer.source ?? before.layers[position]?.source
    return source ? { ...layer, source } : layer
  })
  return {
    ...record,
    layers,
    ...(manifest && { manifest }),
    ...(parent && { parent }),
    ...(lastTagged !== undefined && { lastTagged }),
  }
}
