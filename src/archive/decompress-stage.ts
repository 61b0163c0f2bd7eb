import type { Bytes, Emit, Stage } from '../std/index.ts'
import { decompressHere } from './compression.ts'
import { ownChunks } from './own-chunks.ts'

/** Emits its input uncompressed. */
export const stage: Stage<object, void> = async (input: Bytes, _args: object, emit: Emit) => {
  for await (const chunk of ownChunks(decompressHere(input))) await emit(chunk)
}
