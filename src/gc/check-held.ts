import type { ContentStore } from '../content/index.ts'
import { type ImageStore, type NameRecord, walkTarget } from '../images/index.ts'
import { messageOf } from '../std/index.ts'

interface Parts {
  readonly content: ContentStore
  readonly images: ImageStore
}

/** Whether a name has stayed the same. */
export function sameName(a: NameRecord | undefined, b: NameRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** What is missing of the indexes within a name's target, and of what the name holds. */
export async function* problemsOfHeld(
  { target, indexes = [], held }: NameRecord,
  { content, images }: Parts,
): AsyncGenerator<string> {
  for (const each of indexes) if (!(await content.has(each))) yield `keeps content ${each}, which is missing`
  if (!held) return
  for (const { digest, image, blobs } of held.manifests) {
    if (image && !images.get(image)) yield `holds the image ${image}, which does not exist`
    for (const each of [digest, ...blobs])
      if (!(await content.has(each))) yield `holds content ${each}, which is missing`
  }
  if (!held.whole) return
  const known = new Set(held.manifests.flatMap(({ digest, blobs }) => [digest, ...blobs]))
  try {
    if (!target) throw new Error('it has no target')
    for await (const { descriptor, kind } of walkTarget(content, target)) {
      if (kind !== 'index' && !known.has(descriptor.digest)) yield `should hold content ${descriptor.digest}`
    }
  } catch (error) {
    yield `holds an index that can't be read: ${messageOf(error)}`
  }
}
