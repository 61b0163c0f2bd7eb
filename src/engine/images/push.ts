import type { Platform } from '../../oci/index.ts'
import { familiarName, familiarString, parseReference, withTag } from '../../reference/index.ts'
import type { Credentials } from '../../remotes/index.ts'
import { isStrataError } from '../../std/index.ts'
import type { ProgressEvent } from '../../transfer/index.ts'
import { type EngineContext, publish } from '../context.ts'
import { pickImage } from './pick.ts'

export interface PushRequest {
  readonly reference: string
  /** Instead of the one of the reference; all tags when neither has one. */
  readonly tag?: string
  readonly platform?: Platform
  readonly credentials?: Credentials
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

/** Pushes one tag or all tags of a repository, and tells of it. */
export async function pushImage(context: EngineContext, request: PushRequest): Promise<void> {
  const parsed = parseReference(request.reference)
  const reference = request.tag === undefined ? parsed : withTag(parsed, request.tag)
  const { platform } = request
  const chosen = platform && (await pickImage(context, familiarString(reference), platform))
  const signal = AbortSignal.any([request.signal, context.closing.signal])
  await context.pusher.push(reference, {
    progress: request.progress,
    signal,
    ...(chosen && { image: chosen.id }),
    ...(request.credentials ? { credentials: request.credentials } : {}),
  })
  const name = familiarString(reference)
  publish(context, 'image', 'push', name, { ...labelsOf(context, name), name: familiarName(reference) })
}

/** None when the name leads nowhere, as that of a repository may. */
function labelsOf(context: EngineContext, name: string): Readonly<Record<string, string>> | null {
  try {
    return context.images.resolve(name).record.labels
  } catch (error) {
    if (isStrataError(error)) return null
    throw error
  }
}
