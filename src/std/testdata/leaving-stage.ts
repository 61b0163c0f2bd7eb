import type { Stage } from '../stage.ts'

/** Fails after the first chunk, and leaves its input as it is. */
export const stage: Stage<object, never> = async input => {
  await input[Symbol.asyncIterator]().next()
  throw new Error('enough')
}
