import type { Stage } from '../stage.ts'

/** Emits each chunk with all bytes doubled; fails at 255. */
export const stage: Stage<object, void> = async (input, _args, emit) => {
  for await (const chunk of input) {
    if (chunk.includes(255)) throw new Error('too large')
    await emit(chunk.map(byte => byte * 2))
  }
}
