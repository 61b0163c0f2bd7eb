import type { Bytes } from '../bytes.ts'
import { StrataError } from '../errors.ts'

/** Echoes its input and counts it. */
export async function stage(
  input: Bytes,
  args: { readonly failAfter?: number },
  emit: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  let size = 0
  let seen = 0
  for await (const chunk of input) {
    if (++seen === args.failAfter) throw new StrataError('invalid_argument', 'too much')
    size += chunk.byteLength
    await emit(chunk)
  }
  return size
}
