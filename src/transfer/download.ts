import type { Writer } from '../content/index.ts'
import type { Descriptor } from '../oci/index.ts'
import type { Fetcher } from '../remotes/index.ts'
import { throwIfAborted } from '../std/index.ts'
import { mayPass, type PauseOptions, pauseAfter } from './pauses.ts'

export interface Download extends PauseOptions {
  readonly descriptor: Descriptor
  readonly fetcher: Pick<Fetcher, 'blob'>
  /** Where the bytes go; it may hold some already. */
  readonly writer: Pick<Writer, 'offset' | 'write'>
  /** Attempts in a row that may bring nothing. */
  readonly attempts: number
}

/** All bytes of a compressed layer: first those that are there already, then the missing ones, from the network. */
export async function* wholeBlob(download: Download & { readonly writer: Writer }): AsyncGenerator<Uint8Array> {
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
      await pauseAfter(error, failures, download)
    }
  }
}
