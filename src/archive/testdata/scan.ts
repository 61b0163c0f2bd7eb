import type { TarEntryHead } from '../archive.ts'
import { TarScanner } from '../scanner.ts'

export interface Scanned {
  readonly head: TarEntryHead
  readonly data: Buffer
}

/** Scans a whole archive pushed in chunks of `step` bytes. */
export function scan(archive: Uint8Array, step = archive.byteLength): Scanned[] {
  const found: { head: TarEntryHead; chunks: Uint8Array[] }[] = []
  const scanner = new TarScanner({
    onEntry: head => found.push({ head, chunks: [] }),
    onData: chunk => found.at(-1)!.chunks.push(chunk),
  })
  for (let at = 0; at < archive.byteLength; at += step) scanner.push(archive.subarray(at, at + step))
  scanner.finish()
  return found.map(({ head, chunks }) => ({ head, data: Buffer.concat(chunks) }))
}
