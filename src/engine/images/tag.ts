import type { ImageRecord } from '../../images/index.ts'
import { familiarString, parseReference, type Reference } from '../../reference/index.ts'
import { reworded, StrataError } from '../../std/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { type TargetName, targetReference } from './target-reference.ts'

/**
 * Gives an image a further name, which holds the same platforms; a name that another image had moves. Throws `not_found`
 * for what names no image or can't, as dockerd does, `invalid_argument` for a target that is none.
 */
export function tagImage(context: EngineContext, name: string, target: TargetName): void {
  const reference = targetReference(target)
  const { record, name: found } = reworded(
    () => context.images.resolve(name),
    message => new StrataError('not_found', message),
  )
  const named = found === undefined ? undefined : context.images.name(parseReference(found))
  const manifest = record.manifest && { target: record.manifest }
  const { image: _, ...points } = named?.held ? named : { image: record.id, ...manifest }
  context.images.tag(reference, record.id, points)
  publishTag(context, record, reference)
}

/** Tells that an image got a name. */
export function publishTag(context: EngineContext, { id, labels }: ImageRecord, reference: Reference): void {
  publish(context, 'image', 'tag', id, { ...labels, name: familiarString(reference) })
}
