import type { Digest } from '../../oci/index.ts'
import type { Reference } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import type { Container } from '../container.ts'
import type { EngineContext } from '../context.ts'

export const shortId = (id: string) => id.replace(/^sha256:/, '').slice(0, 12)

/** Containers of an image, running or not, newest first. */
export function usersOf(context: EngineContext, image: Digest): Container[] {
  return context.containers.all().filter(({ record }) => record.image === image)
}

/** What is against the removal of an image. */
export interface Conflict {
  /** `force` doesn't help. */
  readonly hard: boolean
  readonly text: string
  readonly id: Digest
}

/** The first thing that is against removing an image which has these `names` left, in Docker's order. */
export function conflictOf(
  context: EngineContext,
  id: Digest,
  { force, names }: { readonly force: boolean; readonly names: readonly Reference[] },
): Conflict | undefined {
  const conflict = (hard: boolean, text: string): Conflict => ({ hard, text, id })
  if (context.images.children(id).length > 0) return conflict(true, 'image has dependent child images')
  const users = usersOf(context, id)
  const running = users.find(container => container.running)
  if (running) return conflict(true, `image is being used by running container ${shortId(running.id)}`)
  if (force) return undefined
  if (names.length > 0) return conflict(false, 'image is referenced in multiple repositories')
  const stopped = users[0]
  if (stopped) return conflict(false, `image is being used by stopped container ${shortId(stopped.id)}`)
  return undefined
}

/** Throws Docker's text of a conflict, when there is one. */
export function refuse(conflict: Conflict | undefined): void {
  if (!conflict) return
  const how = conflict.hard ? 'cannot be forced' : 'must be forced'
  throw new StrataError('conflict', `conflict: unable to delete ${shortId(conflict.id)} (${how}) - ${conflict.text}`)
}
