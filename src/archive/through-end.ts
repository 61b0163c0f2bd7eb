import { isTrailing } from '../host/index.ts'
import type { Bytes } from '../std/index.ts'
import type { TarScanner } from './scanner.ts'

/**
 * The bytes of a tar, which the caller pushes into `scanner` as they come. What lies behind the compressed form of a tar
 * that has ended doesn't matter, as in dockerd; before its end it may be what is missing, and fails.
 */
export async function* throughEnd(tar: Bytes, scanner: TarScanner): AsyncGenerator<Uint8Array> {
  try {
    yield* tar
  } catch (error) {
    if (!scanner.ended || !isTrailing(error)) throw error
  }
}
