import { parsePlatform, parsePlatforms } from '../../oci/index.ts'
import { familiarName, familiarString, parseReference, type Reference, withTag } from '../../reference/index.ts'
import type { Credentials } from '../../remotes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { ProgressEvent, PullOptions, PullResult } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { registryFailure } from '../registry/registry-failure.ts'

export interface PullRequest {
  readonly reference: string
  /** As typed. Several, with commas between them, or `all`: the name then holds them together. */
  readonly platform?: string
  readonly credentials?: Credentials
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Pulls one image, or with neither tag nor digest all tags of a repository one after the other, and tells of it. */
export async function pullImage(context: EngineContext, request: PullRequest): Promise<void> {
  const reference = parseReference(request.reference)
  refuseReserved(reference)
  const { progress, platform, credentials } = request
  const options = {
    progress,
    signal: AbortSignal.any([request.signal, context.closing.signal]),
    ...platformsOf(platform, context.config.pullPlatforms),
    ...(credentials ? { credentials } : {}),
  }
  const all = reference.tag === undefined && reference.digest === undefined
  try {
    if (all) await pullTags(context, reference, options)
    else await pullOne(context, reference, options)
  } catch (error) {
    throw registryFailure(error)
  }
  const name = familiarString(reference)
  const record = all ? undefined : context.images.resolve(name).record
  if (record) context.images.use(record.id)
  publish(context, 'image', 'pull', name, { ...record?.labels, name: familiarName(reference) })
}

/** The name that Dockerfiles have for no image at all. */
function refuseReserved(reference: Reference): void {
  const name = familiarName(reference)
  if (name === 'scratch') throw new StrataError('invalid_argument', `'${name}' is a reserved name`)
}

/** What it had brought when the disk was full is there when it is done once more. */
function pullOne(context: EngineContext, reference: Reference, options: PullOptions): Promise<PullResult> {
  return context.collector.makingRoom(() => context.puller.pull(reference, options), { repeatable: true })
}

/** One line at the end says whether anything was new. The first tag that fails ends it; those before it stay. */
async function pullTags(context: EngineContext, repository: Reference, options: PullOptions): Promise<void> {
  const tags = await context.resolver.tags(repository, options)
  let upToDate = true
  for (const tag of tags) {
    const pulled = await pullOne(context, withTag(repository, tag), { ...options, oneOfSeveral: true })
    context.images.use(pulled.image)
    upToDate &&= pulled.upToDate
  }
  const outcome = upToDate ? 'Image is up to date' : 'Downloaded newer image'
  options.progress({ status: `Status: ${outcome} for ${familiarName(repository)}` })
}

/** What is asked for; without that what the configuration says, and without that the host's. */
function platformsOf(
  text: string | undefined,
  initial: readonly string[],
): Pick<PullOptions, 'platform' | 'platforms'> {
  const texts = text ? text.split(',') : initial
  if (text && texts.length === 1 && text !== 'all') return { platform: parsePlatform(text) }
  return texts.length > 0 ? { platforms: parsePlatforms(texts) } : {}
}
