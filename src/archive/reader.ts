import type { Bytes } from '../std/index.ts'
import type { TarEntry, TarEntryHead } from './archive.ts'
import { TarScanner } from './scanner.ts'

/**
 * The entries of a streamed archive, one at a time: a chunk of `bytes` is only asked for when an entry, or data of an
 * entry, is. Data that the consumer leaves unread are skipped; `data` of an entry is empty once the next was asked for.
 * Reads its input to the end, also beyond the end marker of the archive.
 * @throws {StrataError} `invalid_argument` when `bytes` are not a tar archive, after the entries before the fault.
 */
export async function* readTar(bytes: Bytes): AsyncGenerator<TarEntry> {
  const ready: (TarEntryHead | Uint8Array)[] = []
  const scanner = new TarScanner({ onEntry: head => ready.push(head), onData: chunk => ready.push(chunk) })
  const input = bytes[Symbol.asyncIterator]()
  let failure: { error: unknown } | undefined
  let ended = false

  /** What comes next in the archive; undefined at its end. */
  const next = async (): Promise<TarEntryHead | Uint8Array | undefined> => {
    for (;;) {
      const item = ready.shift()
      if (item) return item
      if (failure) throw failure.error
      if (ended) return undefined
      const chunk = await input.next()
      try {
        if (chunk.done) {
          ended = true
          scanner.finish()
        } else scanner.push(chunk.value)
      } catch (error) {
        failure = { error }
      }
    }
  }

  let current: TarEntryHead | undefined
  let left = 0
  async function* dataOf(head: TarEntryHead): AsyncGenerator<Uint8Array> {
    while (current === head && left > 0) {
      const chunk = (await next()) as Uint8Array
      left -= chunk.byteLength
      yield chunk
    }
  }

  try {
    for (;;) {
      for (; left > 0; left -= ((await next()) as Uint8Array).byteLength);
      current = (await next()) as TarEntryHead | undefined
      if (!current) return
      left = current.dataSize
      yield { ...current, data: dataOf(current) }
    }
  } finally {
    current = undefined
    if (!ended) await input.return?.()
  }
}
