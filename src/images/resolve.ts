import { type Digest, isDigest } from '../oci/index.ts'
import { StrataError } from '../std/index.ts'
import type { ImageRecord, NameRecord } from './images.ts'
import { parseName } from './names.ts'

export interface Records {
  image(id: Digest): ImageRecord | undefined
  name(name: string): NameRecord | undefined
  /** Images whose ID starts with `prefix`, which has the `sha256:`. */
  startingWith(prefix: string): Iterable<ImageRecord>
}

/** `ambiguous`: several are called so. Docker tells that only where images are saved. */
export function noSuchImage(shown: string, ambiguous = false): StrataError {
  return new StrataError('not_found', `No such image: ${shown}`, { details: { image: shown, ambiguous } })
}

/** {@link ImageStore.resolve}: as dockerd, a whole ID first, then a name, then the beginning of an ID. */
export function resolveImage(text: string, records: Records): { readonly record: ImageRecord; readonly name?: string } {
  const id = /^[a-f0-9]{64}$/.test(text) ? `sha256:${text}` : text
  if (isDigest(id)) {
    const record = records.image(id)
    if (!record) throw noSuchImage(id)
    return { record }
  }
  const { name, shown } = parseName(text)
  const named = records.name(name)
  const record = named && records.image(named.image)
  if (record) return { record, name }
  const digits = /^(?:sha256:)?([a-f0-9]{1,64})$/.exec(text)?.[1]
  const [started, another] = digits === undefined ? [] : records.startingWith(`sha256:${digits}`)
  if (!started || another) throw noSuchImage(shown, another !== undefined)
  return { record: started }
}
