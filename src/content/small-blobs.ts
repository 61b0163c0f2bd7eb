import { type Digest, digestOf } from '../oci/index.ts'
import { collect } from '../std/index.ts'
import type { ContentStore } from './content.ts'
import { passingRef } from './ingests.ts'

/**
 * Commits bytes that are in memory (a manifest, a config); no error when they are there already. Where garbage may be
 * collected meanwhile, put the digest under a lease first.
 */
export async function putBlob(
  content: ContentStore,
  bytes: Uint8Array,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const expect = { digest: digestOf(bytes), size: bytes.byteLength }
  if (await content.has(expect.digest)) return expect
  const ref = passingRef()
  await using writer = await content.writer(ref)
  try {
    await writer.write(bytes)
    return await writer.commit(expect)
  } catch (error) {
    await content.abort(ref)
    throw error
  }
}

/** Reads a whole small blob. Throws `not_found`, and `invalid_argument` when it has more than `limit` bytes. */
export async function readBlob(content: ContentStore, digest: Digest, limit: number): Promise<Buffer> {
  await using blob = await content.open(digest)
  return await collect(blob.bytes(), limit)
}
