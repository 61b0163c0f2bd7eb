import { fstatSync, readSync } from 'node:fs'
import type { TarEntryHead } from './archive.ts'
import { TarScanner } from './scanner.ts'

/** Bytes read at a time: a header with the data of a small file and the next header, more often than not. */
const WINDOW = 8192

/**
 * Tells the entries of the tar archive in an open file, without reading the data between the headers.
 * Synchronous: for worker threads.
 * @throws {StrataError} `invalid_argument` when the file is no tar archive or ends too early.
 */
export function scanHeaders(fd: number, onEntry: (head: TarEntryHead) => void): void {
  const { size } = fstatSync(fd)
  const scanner = new TarScanner({ onEntry })
  const buffer = Buffer.allocUnsafe(WINDOW)
  while (scanner.offset < size) {
    const ahead = Math.min(scanner.ahead, size - scanner.offset)
    if (ahead > 0) scanner.skip(ahead)
    else {
      const read = readSync(fd, buffer, 0, WINDOW, scanner.offset)
      if (read === 0) break
      scanner.push(buffer.subarray(0, read))
    }
  }
  scanner.finish()
}
