import type { ImageDeleteItem } from '../../apitypes/index.ts'
import { type ImageRecord, isDangling, isHeldOnly } from '../../images/index.ts'
import { chainIDs, type Digest, hexOf } from '../../oci/index.ts'
import {
  familiarString,
  formatReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { conflictOf, refuse, shortId, usersOf } from './conflict.ts'
import { imagesHeld } from './held.ts'
import { LayerTree } from './layer-tree.ts'

export interface RemoveOptions {
  readonly force: boolean
  /** Leave parents that nothing needs any more. */
  readonly noPrune: boolean
}

/**
 * Removes a name and, with the last of them, the image, by dockerd's rules: a name that is the only one is refused while a
 * container uses the image, or one of another platform that goes with it; an ID removes all names of one repository; what
 * runs is never removed under its container; parents without names go along. It is durable, whole or not at all, when this
 * returns; content goes in the background.
 */
export function removeImage(context: EngineContext, text: string, options: RemoveOptions): ImageDeleteItem[] {
  const removal = context.metadata.transaction(() => {
    const removal = new Removal(context, options)
    removal.remove(text)
    removal.finish()
    return removal
  })
  removal.tell()
  context.collector.soon()
  return removal.done
}

/** Removals of images, one after the other, with nothing else in between: one transaction. */
export class Removal {
  readonly done: ImageDeleteItem[] = []
  readonly #context: EngineContext
  readonly #options: RemoveOptions
  readonly #events: (() => void)[] = []
  /** Images of other platforms that removed names held. */
  readonly #letGo = new Set<Digest>()
  /** What images and containers stand on. */
  readonly #needed: LayerTree

  constructor(context: EngineContext, options: RemoveOptions) {
    this.#context = context
    this.#options = options
    this.#needed = new LayerTree([
      ...context.images.list().map(({ record }) => record.layers),
      ...context.containers.all().map(({ record }) => record.layers.map(diffID => ({ diffID }))),
    ])
  }

  /** Removes the images of other platforms that went with their names, as far as nothing else has them. */
  finish(): void {
    const { images } = this.#context
    for (const id of this.#letGo) {
      if (!images.get(id) || !isDangling(images.summary(id))) continue
      this.#delete(images.summary(id).record, { force: this.#options.force, quiet: true })
    }
  }

  /** Publishes what has happened, once it is durable. */
  tell(): void {
    for (const event of this.#events) event()
  }

  remove(text: string): void {
    const { record } = this.#context.images.resolve(text)
    const { force } = this.#options
    if (isIdPrefix(record.id, text)) {
      const names = this.#names(record.id)
      if (isSingleReference(names)) {
        refuse(conflictOf(this.#context, record.id, { force, names: [] }))
        this.#refuseWith(record, names)
        for (const name of names) this.#untag(record, name)
      } else if (force) this.#refuseWith(record, names)
      this.#delete(record, { force, quiet: false })
      return
    }
    const name = withDefaultTag(parseReference(text))
    const names = this.#names(record.id)
    const last = isSingleReference(names) ? [record.id] : []
    const going = [...last, ...this.#goingWith(record, namesGoingWith(name, names))]
    const [user] = going.flatMap(id => usersOf(this.#context, id))
    if (!force && user) {
      throw new StrataError(
        'conflict',
        `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(user.record.image)}`,
      )
    }
    this.#untag(record, name)
    if (name.digest === undefined) this.#untagDigestsWithoutTags(record, name)
    if (this.#names(record.id).length === 0) this.#delete(record, { force, quiet: true })
  }

  /** Removes an image, name by name, as far as nothing is against it. */
  removeImage(id: Digest): void {
    const { images } = this.#context
    // What only names of others hold goes with these.
    if (!images.get(id) || isHeldOnly(images.summary(id))) return
    const { record } = images.summary(id)
    for (const name of this.#names(id)) {
      // One before may have taken it along.
      if (images.name(name)?.image !== id) continue
      this.#untag(record, name)
      if (name.digest === undefined) this.#untagDigestsWithoutTags(record, name)
    }
    this.#delete(record, { force: false, quiet: true })
  }

  /** Names of an image, in Docker's order. */
  #names(id: Digest): Reference[] {
    const { tags, digests } = this.#context.images.summary(id)
    return [...tags, ...digests].sort((a, b) => (a < b ? -1 : 1)).map(text => parseReference(text))
  }

  /** The images of other platforms that names of an image hold, and nothing else has. */
  #goingWith(record: ImageRecord, names: readonly Reference[]): Digest[] {
    const { images } = this.#context
    const going = new Set(names.map(formatReference))
    const held = new Set(names.flatMap(name => imagesHeld(images.name(name) ?? {})))
    held.delete(record.id)
    return [...held].filter(id => {
      if (!images.get(id)) return false
      const { tags, digests, heldBy } = images.summary(id)
      return [...tags, ...digests, ...heldBy].every(name => going.has(name))
    })
  }

  /** Throws Docker's text when something is against the removal of an image that goes with these names of another. */
  #refuseWith(record: ImageRecord, names: readonly Reference[]): void {
    const { force } = this.#options
    for (const id of this.#goingWith(record, names)) refuse(conflictOf(this.#context, id, { force, names: [] }))
  }

  #untag(record: ImageRecord, name: Reference, { silent = false } = {}): void {
    for (const { image } of this.#context.images.name(name)?.held?.manifests ?? []) if (image) this.#letGo.add(image)
    this.#context.images.untag(name)
    if (!silent) this.#event('untag', record.id, { ...record.labels, name: record.id })
    this.done.push({ Untagged: familiarString(name) })
  }

  /** With a repository's last tag go its digests. */
  #untagDigestsWithoutTags(record: ImageRecord, removed: Reference): void {
    const repository = repositoryName(removed)
    const same = this.#names(record.id).filter(name => repositoryName(name) === repository)
    if (same.some(name => name.digest === undefined)) return
    for (const name of same) this.#untag(record, name, { silent: true })
  }

  /** Removes an image with all its names, then its parents as far as nothing has them; `quiet`: unless something is against it. */
  #delete(record: ImageRecord, { force, quiet }: { readonly force: boolean; readonly quiet: boolean }): void {
    const names = this.#names(record.id)
    const conflict = conflictOf(this.#context, record.id, { force, names })
    if (conflict && quiet) return
    refuse(conflict)
    for (const name of names) this.#untag(record, name)
    this.#context.images.remove(record.id)
    this.#event('delete', record.id, { name: record.id })
    this.done.push({ Deleted: record.id }, ...this.#unneededLayers(record).map(Deleted => ({ Deleted })))
    const parent = this.#options.noPrune || !record.parent ? undefined : this.#context.images.get(record.parent)
    if (parent) this.#delete(parent, { force: false, quiet: true })
  }

  /** ChainIDs of the layers of a removed image that no image and no container stands on, highest first. */
  #unneededLayers({ layers }: ImageRecord): string[] {
    const diffIDs = layers.map(({ diffID }) => diffID)
    return chainIDs(diffIDs).slice(this.#needed.remove(layers)).reverse()
  }

  #event(action: string, id: Digest, attributes: Readonly<Record<string, string>>): void {
    this.#events.push(() => publish(this.#context, 'image', action, id, attributes))
  }
}

/** The names that go when one of an image goes: with a repository's last tag its digests. */
function namesGoingWith(name: Reference, names: readonly Reference[]): Reference[] {
  const same = names.filter(each => repositoryName(each) === repositoryName(name))
  const tags = same.filter(({ digest }) => digest === undefined)
  return name.digest === undefined && tags.length <= 1 ? same : [name]
}

/** Whether `text` is the beginning of the ID: then it means the image, though a name may read the same. */
function isIdPrefix(id: Digest, text: string): boolean {
  return id.startsWith(text) || hexOf(id).startsWith(text)
}

/** Whether an image has at most one tag, and digests in that tag's repository only. */
function isSingleReference(names: readonly Reference[]): boolean {
  if (names.length <= 1) return true
  const repositories = new Set(names.map(repositoryName))
  return repositories.size === 1 && names.filter(({ digest }) => digest === undefined).length <= 1
}
