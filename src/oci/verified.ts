import { createHash } from 'node:crypto'
import { type Bytes, StrataError } from '../std/index.ts'
import { digestOfHex } from './digest.ts'
import type { Descriptor } from './oci.ts'

/** What reckons a SHA-256, at once as a Hash of `node:crypto` does or in the background. */
export interface RunningSha256 {
  update(bytes: Uint8Array): unknown
  digest(encoding: 'hex'): string
}

/**
 * Passes `bytes` on and makes sure that they are what `expected` says: never hands on more than `size` bytes, and fails
 * at the end when size or digest differ. Throws `failed_precondition`; `details` hold what was `expected` and what is
 * `actual`. The consumer must not trust what it got before the stream ended well.
 */
export async function* verified(
  bytes: Bytes,
  expected: Pick<Descriptor, 'digest' | 'size'>,
  hash: RunningSha256 = createHash('sha256'),
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.byteLength
    if (size > expected.size) throw sizeDiffers(expected, size)
    await hash.update(chunk)
    yield chunk
  }
  if (size !== expected.size) throw sizeDiffers(expected, size)
  const actual = digestOfHex(hash.digest('hex'))
  if (actual === expected.digest) return
  throw new StrataError('failed_precondition', `content verification failed for digest ${expected.digest}`, {
    details: { expected: expected.digest, actual },
  })
}

function sizeDiffers(expected: Pick<Descriptor, 'digest' | 'size'>, actual: number): StrataError {
  const relation = actual > expected.size ? 'more' : `${actual}`
  return new StrataError(
    'failed_precondition',
    `content verification failed for digest ${expected.digest}: expected ${expected.size} bytes, got ${relation}`,
    { details: { digest: expected.digest, expected: expected.size, actual } },
  )
}
