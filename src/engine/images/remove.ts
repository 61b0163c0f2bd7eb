import type { ImageDeleteItem } from '../../apitypes/index.ts'
import { collectGarbage, contentsOf } from '../../gc/index.ts'
import type { ImageRecord } from '../../images/index.ts'
import { chainIDs } from '../../oci/index.ts'
import {
  familiarString,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Container } from '../container.ts'
import { type EngineContext, publish } from '../context.ts'

const shortId = (id: string) => id.replace(/^sha256:/, '').slice(0, 12)

/**
 * Removes a name and, with the last of them, the image, by dockerd's rules: a name that is the only one is refused while a
 * container uses the image; an ID removes all names of one repository; what runs is never removed under its container.
 */
export async function removeImage(
  context: EngineContext,
  text: string,
  options: { readonly force: boolean; readonly noPrune: boolean },
): Promise<ImageDeleteItem[]> {
  const { record, name } = context.images.resolve(text)
  const had = contentsOf(context.images, record.id)
  const done: ImageDeleteItem[] = []
  const users = context.containers.all().filter(container => container.record.image === record.id)
  if (name !== undefined) {
    const user = users[0]
    if (!options.force && user && isSingleReference(references(context, record))) {
      throw new StrataError(
        'conflict',
        `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(record.id)}`,
      )
    }
    const reference = withDefaultTag(parseReference(text))
    untag(context, record, reference, done)
    if (reference.digest === undefined) untagDigestsWithoutTags(context, record, reference, done)
    if (references(context, record).length > 0) return done
    // The last name is gone; the image stays, dangling, when something still needs it.
    if (conflictOf(record, users, options.force)) return done
  } else {
    const refs = references(context, record)
    if (isSingleReference(refs)) {
      refuse(conflictOf(record, users, options.force))
      for (const reference of refs) untag(context, record, reference, done)
    } else {
      refuse(conflictOf(record, users, options.force, refs))
    }
  }
  forget(context, record, done)
  await collectGarbage({ ...context, only: had })
  return done
}

function references(context: EngineContext, record: ImageRecord): Reference[] {
  const { tags, digests } = context.images.summary(record.id)
  return [...tags, ...digests].map(text => parseReference(text))
}

function untag(context: EngineContext, record: ImageRecord, reference: Reference, done: ImageDeleteItem[]): void {
  context.images.untag(reference)
  publish(context, 'image', 'untag', record.id, { name: record.id })
  done.push({ Untagged: familiarString(reference) })
}

/** With a repository's last tag go its digests. */
function untagDigestsWithoutTags(
  context: EngineContext,
  record: ImageRecord,
  removed: Reference,
  done: ImageDeleteItem[],
): void {
  const repository = repositoryName(removed)
  const same = references(context, record).filter(reference => repositoryName(reference) === repository)
  if (same.some(reference => reference.digest === undefined)) return
  for (const reference of same) untag(context, record, reference, done)
}

/** Whether an image has at most one tag, and digests in that tag's repository only. */
function isSingleReference(refs: readonly Reference[]): boolean {
  if (refs.length <= 1) return true
  const repositories = new Set(refs.map(repositoryName))
  return repositories.size === 1 && refs.filter(reference => reference.digest === undefined).length <= 1
}

interface Conflict {
  readonly hard: boolean
  readonly text: string
  readonly id: string
}

function conflictOf(
  record: ImageRecord,
  users: readonly Container[],
  force: boolean,
  refs: readonly Reference[] = [],
): Conflict | undefined {
  const running = users.find(container => container.running)
  if (running) {
    return { hard: true, id: record.id, text: `image is being used by running container ${shortId(running.id)}` }
  }
  if (force) return undefined
  if (refs.length > 1) return { hard: false, id: record.id, text: 'image is referenced in multiple repositories' }
  const stopped = users[0]
  if (stopped) {
    return { hard: false, id: record.id, text: `image is being used by stopped container ${shortId(stopped.id)}` }
  }
  return undefined
}

function refuse(conflict: Conflict | undefined): void {
  if (!conflict) return
  const how = conflict.hard ? 'cannot be forced' : 'must be forced'
  throw new StrataError('conflict', `conflict: unable to delete ${shortId(conflict.id)} (${how}) - ${conflict.text}`)
}

function forget(context: EngineContext, record: ImageRecord, done: ImageDeleteItem[]): void {
  for (const reference of references(context, record)) untag(context, record, reference, done)
  context.images.remove(record.id)
  publish(context, 'image', 'delete', record.id, { name: record.id })
  done.push({ Deleted: record.id })
  const needed = new Set<string>()
  for (const { record: other } of context.images.list()) {
    for (const chain of chainIDs(other.layers.map(layer => layer.diffID))) needed.add(chain)
  }
  for (const container of context.containers.all()) {
    for (const chain of chainIDs(container.record.layers)) needed.add(chain)
  }
  for (const chain of chainIDs(record.layers.map(layer => layer.diffID)).reverse()) {
    if (!needed.has(chain)) done.push({ Deleted: chain })
  }
}
