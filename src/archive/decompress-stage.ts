import type { Bytes, Emit } from '../std/index.ts'
import type { Compression } from './archive.ts'
import { decompressVerified, type ExpectedBlob } from './decompress-verified.ts'
import { ownChunks } from './own-chunks.ts'

export interface DecompressArgs {
  readonly expect: ExpectedBlob
  readonly compression: Compression | undefined
  readonly limit: number
}

/** The stage behind `decompressOffThread`: hashes what comes in and emits it decompressed. */
export async function stage(input: Bytes, args: DecompressArgs, emit: Emit): Promise<ExpectedBlob> {
  for await (const chunk of ownChunks(decompressVerified(input, args))) await emit(chunk)
  return args.expect
}
