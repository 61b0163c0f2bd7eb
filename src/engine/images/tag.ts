import { familiarString, parseReference, type Reference, withDefaultTag, withTag } from '../../reference/index.ts'
import { StrataError } from '../../std/index.ts'
import { type EngineContext, publish } from '../context.ts'

/** Gives an image a further name, which holds the same platforms; a name that another image had moves. */
export function tagImage(
  context: EngineContext,
  name: string,
  target: { readonly repo: string; readonly tag: string },
): void {
  const { record, name: found } = context.images.resolve(name)
  const reference = targetReference(target)
  const named = found === undefined ? undefined : context.images.name(parseReference(found))
  const manifest = record.manifest && { target: record.manifest }
  const { image: _, ...points } = named?.held ? named : { image: record.id, ...manifest }
  context.images.tag(reference, record.id, points)
  publish(context, 'image', 'tag', record.id, { ...record.labels, name: familiarString(reference) })
}

function targetReference({ repo, tag }: { readonly repo: string; readonly tag: string }): Reference {
  const parsed = parseReference(repo)
  if (parsed.digest !== undefined) {
    throw new StrataError('invalid_argument', 'refusing to create a tag with a digest reference')
  }
  return tag === '' ? withDefaultTag(parsed) : withTag(parsed, tag)
}
