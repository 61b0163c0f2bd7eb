import type { Writer } from '../content/index.ts'
import type { Descriptor } from '../oci/index.ts'
import type { Fetcher } from '../remotes/index.ts'
import { delay, isStrataError, throwIfAborted } from '../std/index.ts'

export interface Download {
  readonly descriptor: Descriptor
  readonly fetcher: Fetcher
  /** Where the bytes are kept until the layer is there; it may hold some already. */
  readonly writer: Writer
  /** Attempts in a row that may bring nothing. */
  readonly attempts: number
  /** Length of a second of pauses, in milliseconds. */
  readonly second: number
  /** Told before each second of a pause. */
  readonly retrying: (seconds: number) => void
  readonly signal: AbortSignal
}

/** Seconds before the second, third, … attempt. */
const PAUSES = [1, 2, 5, 10]

/** All bytes of a compressed layer: first those that are there already, then the missing ones, from the network. */
export async function* wholeBlob(download: Download): AsyncGenerator<Uint8Array> {
  if (download.writer.offset > 0) yield* download.writer.read()
  yield* missingBytes(download)
}

/**
 * Fetches what `writer` lacks, writes it there and passes it on. A broken connection is taken up again where it broke,
 * after a pause; only attempts that brought nothing count against `attempts`.
 */
export async function* missingBytes(download: Download): AsyncGenerator<Uint8Array> {
  const { descriptor, fetcher, writer, signal } = download
  let failures = 0
  while (writer.offset < descriptor.size) {
    throwIfAborted(signal)
    const before = writer.offset
    try {
      for await (const chunk of await fetcher.blob(descriptor, before)) {
        await writer.write(chunk)
        yield chunk
      }
    } catch (error) {
      failures = writer.offset > before ? 1 : failures + 1
      if (signal.aborted || failures >= download.attempts || !mayPass(error)) throw error
      await pause(pauseAfter(error, failures), download)
    }
  }
}

/** What the network and an overloaded registry do; not what a registry decided, nor a full disk. */
function mayPass(error: unknown): boolean {
  if (!isStrataError(error, 'unavailable')) return false
  const { status, reason, retryAfter } = error.details
  if (typeof status === 'number' && status >= 400) return status >= 500 || status === 408 || retryAfter !== undefined
  return reason !== undefined
}

function pauseAfter(error: unknown, failures: number): number {
  const asked = isStrataError(error) ? error.details.retryAfter : undefined
  if (typeof asked === 'number') return Math.min(60, Math.ceil(asked / 1000))
  return PAUSES[Math.min(failures, PAUSES.length) - 1]!
}

async function pause(seconds: number, { retrying, second, signal }: Download): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    retrying(left)
    await delay(second, signal)
  }
}
