import type { Descriptor } from '../../oci/index.ts'
import type { Pusher, Upload } from '../../remotes/index.ts'
import { isStrataError, throwIfAborted } from '../../std/index.ts'
import { mayPass, type PauseOptions, pauseAfter } from '../pauses.ts'
import type { UploadSource } from './upload-source.ts'

export interface UploadOptions extends PauseOptions {
  /** Attempts in a row that may bring nothing. */
  readonly attempts: number
}

/** What registries say when they have lost an upload, or something of it: it is begun anew. */
const LOST = new Set(['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'RANGE_INVALID', 'SIZE_INVALID', 'DIGEST_INVALID'])

/**
 * Brings a blob to a registry. A broken connection is taken up again where the registry stands, after a pause, or from the
 * beginning when it has lost the upload; only attempts that brought nothing count against `attempts`. An upload that is
 * given up is forgotten by the registry too.
 */
export async function uploadBlob(
  pusher: Pusher,
  source: UploadSource,
  options: UploadOptions,
): Promise<Pick<Descriptor, 'digest' | 'size'>> {
  const stream = new RewindableStream(source)
  let upload: Upload | undefined
  let sent: Pick<Descriptor, 'digest' | 'size'> | undefined
  let failures = 0
  let farthest = 0
  try {
    for (;;) {
      throwIfAborted(options.signal)
      try {
        upload ??= await pusher.begin()
        await upload.send(stream.from(upload.offset))
        sent = await source.result
        await upload.commit(sent.digest)
        upload = undefined
        return sent
      } catch (error) {
        await stream.atRest()
        const lost = upload !== undefined && isLost(error)
        if (options.signal.aborted || stream.failed || !(lost || isRenewed(error) || mayPass(error))) throw error
        const known: Upload | undefined = lost ? undefined : await recovered(upload)
        if (sent && !known && (await pusher.has(sent.digest))) {
          upload = undefined
          return sent
        }
        failures = known && known.offset > farthest ? 1 : failures + 1
        farthest = Math.max(farthest, known?.offset ?? 0)
        if (failures >= options.attempts) throw error
        if (!known) await upload?.cancel()
        upload = known
        await pauseAfter(error, failures, options)
      }
    }
  } finally {
    await upload?.cancel()
    await stream.close()
  }
}

/** The upload when the registry still knows it, with what it has. */
async function recovered(upload: Upload | undefined): Promise<Upload | undefined> {
  try {
    await upload?.recover()
    return upload
  } catch (error) {
    // Whatever it is: the next attempt begins anew, and meets it again if it lasts.
    if (isStrataError(error)) return undefined
    throw error
  }
}

/** The token ran out under way: the next request has another. */
function isRenewed(error: unknown): boolean {
  return isStrataError(error, 'unauthorized') && error.details.fresh === true
}

function isLost(error: unknown): boolean {
  if (!isStrataError(error)) return false
  const problem = error.details.problem as { readonly code?: string } | undefined
  return LOST.has(problem?.code ?? '') || error.details.status === 404 || error.details.status === 416
}

/** The bytes of a source from wherever the next attempt begins. Only its latest reader gets any. */
class RewindableStream {
  readonly #source: UploadSource
  readonly #live: AsyncIterator<Uint8Array>
  /** Bytes of the source that came. */
  #taken = 0
  #next: Promise<IteratorResult<Uint8Array>> | undefined
  #failed = false
  #readers = 0

  constructor(source: UploadSource) {
    this.#source = source
    this.#live = source.bytes()[Symbol.asyncIterator]()
  }

  /** Whether the source itself failed. */
  get failed(): boolean {
    return this.#failed
  }

  async *from(offset: number): AsyncGenerator<Uint8Array> {
    const reader = ++this.#readers
    if (offset < this.#taken) yield* this.#source.again(offset, this.#taken)
    while (reader === this.#readers) {
      const { done, value } = await this.#advance()
      if (done) return
      yield value
    }
  }

  /** When nothing is asked of the source any more. */
  async atRest(): Promise<void> {
    await this.#next?.catch(() => {})
  }

  async close(): Promise<void> {
    await this.atRest()
    await this.#live.return?.()
  }

  #advance(): Promise<IteratorResult<Uint8Array>> {
    this.#next = this.#live.next().then(
      result => {
        if (!result.done) this.#taken += result.value.byteLength
        return result
      },
      (error: unknown) => {
        this.#failed = true
        throw error
      },
    )
    return this.#next
  }
}
