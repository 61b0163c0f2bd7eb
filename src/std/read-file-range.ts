import type { FileHandle } from 'node:fs/promises'
import { StrataError } from './errors.ts'

const CHUNK = 1024 * 1024

/**
 * The bytes of an open file from `start` up to `end`, 1 MiB at a time. Each chunk has a buffer of its own, so that it can
 * be transferred to a worker. Throws `internal` when the file ends before.
 */
export async function* readFileRange(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  let position = start
  while (position < end) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position))
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position)
    if (bytesRead === 0) throw new StrataError('internal', `stored content ends at ${position} bytes instead of ${end}`)
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
