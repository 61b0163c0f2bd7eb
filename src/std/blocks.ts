/**
 * The memory of byte streams. Streams of large chunks are made of *blocks*; whoever uses a chunk last gives it back, and the
 * next block is taken from what was given back: no fresh memory, nothing for the collector. Each thread has its own few
 * spare blocks; those that nobody needed for a while go back to the system.
 */

/** Bytes of a block. */
export const BLOCK_BYTES = 1 << 20
/** Blocks that a thread keeps at most. */
const MOST_SPARE = 8
/** How often it is looked for spare blocks that nobody needed. */
const LOOK_MILLISECONDS = 1_000
/** Below this, the collector is quicker. */
const WORTHWHILE = 16 * 1024

const spare: ArrayBuffer[] = []
/** The fewest blocks that were spare since it was last looked. */
let unneeded = 0
let timer: NodeJS.Timeout | undefined

/** A block with a buffer of its own, of which nothing is known about what it holds. */
export function takeBlock(): Uint8Array<ArrayBuffer> {
  const buffer = takeSpare()
  return buffer ? new Uint8Array(buffer) : Buffer.allocUnsafeSlow(BLOCK_BYTES)
}

/**
 * Gives the memory of a chunk back now instead of at some later collection: streams of large chunks would make the
 * process grow and the collector run all the time. Only for the last user of a chunk, who nobody else shares it with; the
 * chunk is empty afterwards. Does nothing to small chunks, nor to those that are part of a larger buffer.
 */
export function release(chunk: Uint8Array): void {
  const { buffer } = chunk
  if (buffer.byteLength < WORTHWHILE || buffer.byteLength !== chunk.byteLength) return
  if (buffer instanceof ArrayBuffer) keepSpare(buffer)
}

/** A spare buffer of {@link BLOCK_BYTES}, to be handed to another thread; undefined when there is none. */
export function takeSpare(): ArrayBuffer | undefined {
  const buffer = spare.pop()
  unneeded = Math.min(unneeded, spare.length)
  return buffer
}

/** Takes a buffer over, which is empty for everybody else from here on. */
export function keepSpare(buffer: ArrayBuffer): void {
  if (buffer.byteLength !== BLOCK_BYTES || spare.length >= MOST_SPARE) {
    buffer.transfer(0)
    return
  }
  spare.push(buffer.transfer())
  timer ??= setInterval(look, LOOK_MILLISECONDS).unref()
}

function look(): void {
  for (const buffer of spare.splice(0, unneeded)) buffer.transfer(0)
  unneeded = spare.length
  if (spare.length > 0) return
  clearInterval(timer)
  timer = undefined
}
