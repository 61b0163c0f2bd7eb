import type { FileHandle } from 'node:fs/promises'
import { BLOCK_BYTES, takeBlock } from './blocks.ts'
import { StrataError } from './errors.ts'

/**
 * The bytes of an open file from `start` up to `end`, 1 MiB at a time: while one chunk is used, the next is read. Each
 * chunk has a buffer of its own, so that it can be transferred to a worker. Throws `internal` when the file ends before.
 * Closing the file waits for the chunk that is being read.
 */
export async function* readFileRange(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const read = (position: number) => {
    const chunk = position < end ? readChunk(file, position, Math.min(BLOCK_BYTES, end - position)) : undefined
    // Nobody asks for it when the reader leaves early.
    chunk?.catch(() => {})
    return chunk
  }
  let position = start
  for (let next = read(position); next; ) {
    const chunk = await next
    if (chunk.byteLength === 0)
      throw new StrataError('internal', `stored content ends at ${position} bytes instead of ${end}`)
    position += chunk.byteLength
    next = read(position)
    yield chunk
  }
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = length === BLOCK_BYTES ? takeBlock() : Buffer.allocUnsafeSlow(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
