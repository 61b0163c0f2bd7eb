import { release } from '../blocks.ts'
import type { Stage } from '../stage.ts'

/** Counts the bytes that come, and gives each chunk back. */
export const stage: Stage<object, number> = async input => {
  let bytes = 0
  for await (const chunk of input) {
    bytes += chunk.byteLength
    release(chunk)
  }
  return bytes
}
