/** Below this, the collector is quicker. */
const WORTHWHILE = 64 * 1024

/**
 * Gives the memory of a chunk back now instead of at some later collection: streams of large chunks would make the
 * process grow and the collector run all the time. Only for the last user of a chunk, who nobody else shares it with; the
 * chunk is empty afterwards. Does nothing to chunks that are part of a larger buffer.
 */
export function release(chunk: Uint8Array): void {
  const { buffer } = chunk
  if (buffer.byteLength < WORTHWHILE || buffer.byteLength !== chunk.byteLength) return
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
