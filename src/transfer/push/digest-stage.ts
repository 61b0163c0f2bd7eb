/** Passes bytes on and says what they were; with `expect`, fails as `verified` does when they are others. */
import { createHash } from 'node:crypto'
import { type Descriptor, type Digest, digestOfHex, verified } from '../../oci/index.ts'
import type { Stage } from '../../std/index.ts'

export interface DigestArgs {
  readonly expect?: Pick<Descriptor, 'digest' | 'size'>
}

export const stage: Stage<DigestArgs, { readonly digest: Digest; readonly size: number }> = async (
  input,
  { expect },
  emit,
) => {
  if (expect) {
    for await (const chunk of verified(input, expect)) await emit(chunk)
    return { digest: expect.digest, size: expect.size }
  }
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of input) {
    hash.update(chunk)
    size += chunk.byteLength
    await emit(chunk)
  }
  return { digest: digestOfHex(hash.digest('hex')), size }
}
