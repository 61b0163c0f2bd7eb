import { type ImageRecord, openPassingLease, type PassingLease, walkTarget } from '../../images/index.ts'
import { type Descriptor, formatPlatform, isDigest, type Platform } from '../../oci/index.ts'
import { familiarName, formatReference, parseReference, type Reference, repositoryName } from '../../reference/index.ts'
import { isStrataError, StrataError } from '../../std/index.ts'
import { type SavedArchive, saveImages, type WantedSave } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { pickImage } from './pick.ts'

export interface SaveRequest {
  /** As typed: names, IDs, beginnings of them. */
  readonly names: readonly string[]
  /** The images for it that the names hold; refuses those that are not for it. */
  readonly platform?: Platform
}

/**
 * The archive of some images. What it holds stays until it is disposed of. Throws Docker's texts for what is not there,
 * `internal` for what is no name and for a platform that isn't there, as dockerd does.
 */
export async function saveArchive(
  context: EngineContext,
  { names, platform }: SaveRequest,
): Promise<SavedArchive & AsyncDisposable> {
  const named = wantedImages(context, names)
  const wanted = platform ? await Promise.all(named.map(each => forPlatform(context, each, platform))) : named
  const lease = openPassingLease(context.leases, 'save')
  try {
    for (const each of wanted) await keep(context, each, lease)
    const archive = await saveImages(wanted, context)
    for (const { record } of wanted) publish(context, 'image', 'save', record.id, { ...record.labels, name: record.id })
    return { ...archive, [Symbol.asyncDispose]: async () => letGo(context, wanted, lease) }
  } catch (error) {
    letGo(context, wanted, lease)
    throw error
  }
}

/** The image for the platform that the names hold, where they hold several: alone, whatever else they hold. */
async function forPlatform(
  context: EngineContext,
  { record, references }: WantedSave,
  platform: Platform,
): Promise<WantedSave> {
  const [name] = references
  try {
    return { record: await pickImage(context, name ? formatReference(name) : record.id, platform), references }
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    throw new StrataError('internal', `no suitable export target found for platform ${formatPlatform(platform)}`)
  }
}

async function keep(context: EngineContext, { record, index }: WantedSave, lease: PassingLease): Promise<void> {
  if (index) {
    for await (const { descriptor } of walkTarget(context.content, index)) await lease.addContent(descriptor.digest)
    return
  }
  await lease.addContent(record.config.digest)
  await lease.addLayers(...record.layers.map(({ diffID }) => diffID))
}

function letGo(context: EngineContext, saved: readonly WantedSave[], lease: PassingLease): void {
  lease[Symbol.dispose]()
  // What was removed meanwhile goes now.
  if (saved.some(({ record }) => !context.images.get(record.id))) context.collector.soon()
}

/** The images that `names` stand for, each once, with the names that they are saved with, by dockerd's rules. */
function wantedImages(context: EngineContext, names: readonly string[]): WantedSave[] {
  const wanted = new Map<string, WantedSave & { readonly references: Reference[] }>()
  const add = (record: ImageRecord, reference?: Reference) => {
    const index = reference && heldIndex(context, reference)
    const key = index ? `${record.id} ${index.digest}` : record.id
    const image = wanted.get(key) ?? { record, references: [], ...(index && { index }) }
    wanted.set(key, image)
    if (!reference) return
    const known = image.references.some(each => formatReference(each) === formatReference(reference))
    if (!known) image.references.push(reference)
  }
  for (const text of names) {
    const reference = named(text)
    if (!reference) {
      add(resolved(context, text))
      continue
    }
    if (reference.tag === undefined && reference.digest === undefined) {
      const tagged = tagsOf(context, reference)
      for (const each of tagged) add(each.record, each.reference)
      if (tagged.length === 0) add(resolved(context, text))
      continue
    }
    const record = recordOf(context, reference)
    if (!record) throw new StrataError('not_found', 'reference does not exist')
    add(record, reference.digest === undefined ? reference : undefined)
  }
  return [...wanted.values()]
}

/** The index that a name holds, if it does. */
function heldIndex(context: EngineContext, reference: Reference): Descriptor | undefined {
  const name = context.images.name(reference)
  return name?.held && name.target
}

function resolved(context: EngineContext, text: string): ImageRecord {
  try {
    return context.images.resolve(text).record
  } catch (error) {
    if (!isStrataError(error, 'not_found')) throw error
    if (error.details.ambiguous) throw new StrataError('internal', 'ambiguous digest string', { cause: error })
    throw new StrataError('not_found', `No such image: ${text}`, { cause: error })
  }
}

/** What `text` is as a name; undefined for what can only be an ID. */
function named(text: string): Reference | undefined {
  if (/^[a-f0-9]{64}$/.test(text) || isDigest(text)) return undefined
  try {
    const reference = parseReference(text)
    return familiarName(reference) === 'sha256' ? undefined : reference
  } catch (error) {
    throw isStrataError(error) ? new StrataError('internal', error.message, { cause: error }) : error
  }
}

/** The tags of a repository, sorted. */
function tagsOf(context: EngineContext, repository: Reference) {
  const found: { readonly record: ImageRecord; readonly reference: Reference }[] = []
  for (const [name] of context.images.names()) {
    if (!name.startsWith(`${repositoryName(repository)}:`)) continue
    const reference = parseReference(name)
    const record = recordOf(context, reference)
    if (record) found.push({ record, reference })
  }
  return found
}

function recordOf(context: EngineContext, reference: Reference): ImageRecord | undefined {
  const name = context.images.name(reference)
  return name && context.images.get(name.image)
}
