import { type ContentStore, readBlob } from '../content/index.ts'
import type { MetadataStore } from '../metadata/index.ts'
import { CONFIG_LIMIT, type Descriptor, type Digest, parseImageConfig } from '../oci/index.ts'
import type { ImageRecord, ImageStore, ImageSummary, NameRecord } from './images.ts'
import { isDigestName, nameOf } from './names.ts'
import { noSuchImage, resolveImage } from './resolve.ts'
import { newestFirst, summaryOf } from './summaries.ts'

/** The image store over records in `metadata` and blobs in `content`. */
export function createImageStore(parts: {
  readonly metadata: MetadataStore
  readonly content: ContentStore
}): ImageStore {
  const { metadata, content } = parts
  const images = metadata.table<ImageRecord>('images')
  const names = metadata.table<NameRecord>('image-names')
  /** `<image> <name>`, so that the names of one image are found without reading all. */
  const byImage = metadata.table<0>('image-names-by-image')
  const key = (image: Digest, name: string) => `${image} ${name}`

  function* namesOf(image: Digest): Generator<string> {
    for (const [each] of byImage.entries(key(image, ''))) yield each.slice(key(image, '').length)
  }

  function forgetName(name: string): boolean {
    const record = names.get(name)
    if (!record) return false
    byImage.delete(key(record.image, name))
    return names.delete(name)
  }

  function setName(name: string, image: Digest, target: Descriptor | undefined): void {
    forgetName(name)
    names.put(name, target ? { image, target } : { image })
    byImage.put(key(image, name), 0)
  }

  function get(id: Digest): ImageRecord {
    const record = images.get(id)
    if (!record) throw noSuchImage(id)
    return record
  }

  return {
    put: (record, references) =>
      metadata.transaction(() => {
        const named = references.map(({ reference, target }) => ({ name: nameOf(reference), target }))
        const tagged = named.some(({ name }) => !isDigestName(name))
        const whole = merged(record, images.get(record.id))
        images.put(record.id, tagged ? withTagTime(whole) : whole)
        for (const { name, target } of named) setName(name, record.id, target)
      }),
    get: id => images.get(id),
    list() {
      const named = new Map<string, string[]>()
      for (const [each] of byImage.entries()) {
        const space = each.indexOf(' ')
        const image = each.slice(0, space)
        const list = named.get(image)
        if (list) list.push(each.slice(space + 1))
        else named.set(image, [each.slice(space + 1)])
      }
      const summaries: ImageSummary[] = []
      for (const [id, record] of images.entries()) summaries.push(summaryOf(record, named.get(id) ?? []))
      return newestFirst(summaries)
    },
    summary: id => summaryOf(get(id), namesOf(id)),
    resolve: text =>
      resolveImage(text, {
        image: id => images.get(id),
        name: name => names.get(name),
        startingWith: prefix => Iterator.from(images.entries(prefix)).map(([, record]) => record),
      }),
    name: reference => names.get(nameOf(reference)),
    names: () => names.entries(),
    tag: (reference, image, target) =>
      metadata.transaction(() => {
        const record = get(image)
        const name = nameOf(reference)
        setName(name, image, target)
        if (!isDigestName(name)) images.put(image, withTagTime(record))
      }),
    untag: reference => metadata.transaction(() => forgetName(nameOf(reference))),
    remove: id =>
      metadata.transaction(() => {
        for (const name of namesOf(id)) forgetName(name)
        images.delete(id)
      }),
    config: async id => parseImageConfig(await readBlob(content, get(id).config.digest, CONFIG_LIMIT)),
  }
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
