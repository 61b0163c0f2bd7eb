import { parsePlatform, parsePlatforms } from '../../oci/index.ts'
import { familiarName, familiarString, parseReference } from '../../reference/index.ts'
import type { Credentials } from '../../remotes/index.ts'
import { StrataError } from '../../std/index.ts'
import type { ProgressEvent, PullOptions } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'

export interface PullRequest {
  readonly reference: string
  /** As typed. Several, with commas between them, or `all`: the name then holds them together. */
  readonly platform?: string
  readonly credentials?: Credentials
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Pulls one image and tells of it. */
export async function pullImage(context: EngineContext, request: PullRequest): Promise<void> {
  const reference = parseReference(request.reference)
  if (reference.tag === undefined && reference.digest === undefined) {
    throw new StrataError('not_implemented', 'pulling all tags of a repository is not implemented yet')
  }
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  await context.puller.pull(reference, {
    progress: request.progress,
    signal,
    ...platformsOf(request.platform, context.config.pullPlatforms),
    ...(request.credentials ? { credentials: request.credentials } : {}),
  })
  const name = familiarString(reference)
  publish(context, 'image', 'pull', name, { ...labelsOf(context, name), name: familiarName(reference) })
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

function labelsOf(context: EngineContext, name: string): Readonly<Record<string, string>> {
  return context.images.resolve(name).record.labels
}
