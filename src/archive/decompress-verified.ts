import { createHash } from 'node:crypto'
import type { Descriptor } from '../oci/index.ts'
import { type Bytes, StrataError } from '../std/index.ts'
import type { Compression } from './archive.ts'
import { decompressHere } from './compression.ts'

/** What a compressed layer must be, as far as it is known. */
export type ExpectedBlob = Partial<Pick<Descriptor, 'digest' | 'size'>>

export interface DecompressVerifiedOptions {
  readonly expect: ExpectedBlob
  /** Detected by magic number when not given. */
  readonly compression?: Compression | undefined
  /** The most bytes that may come out. */
  readonly limit?: number | undefined
}

/**
 * Decompresses a layer and verifies the compressed bytes on the way, on the thread of the caller. The output must not be
 * trusted before it has ended well. Throws `failed_precondition` when the bytes are not what is expected,
 * `invalid_argument` for corrupt data and when more than `limit` bytes come out (decompression bombs).
 */
export async function* decompressVerified(
  input: Bytes,
  { expect, compression, limit = Number.POSITIVE_INFINITY }: DecompressVerifiedOptions,
): AsyncGenerator<Uint8Array> {
  const source = hashed(input, expect)
  let size = 0
  for await (const chunk of decompressed(source, compression)) {
    size += chunk.byteLength
    if (size > limit) throw new StrataError('invalid_argument', `decompressed layer is larger than ${limit} bytes`)
    yield chunk
  }
  await source.verify()
}

async function* decompressed(source: HashedSource, compression: Compression | undefined): Bytes {
  try {
    yield* decompressHere(source.bytes, compression ? { compression } : {})
  } catch (error) {
    // A blob that was damaged on its way shows as corrupt data first; that its digest is wrong says more.
    await source.verify()
    throw error
  }
}

interface HashedSource {
  readonly bytes: Bytes
  /** Reads what is left of the bytes and throws `failed_precondition` when they are not what was expected. */
  verify(): Promise<void>
}

/** Hashes `bytes` while they are read; never hands on more than the expected size. */
function hashed(bytes: Bytes, expect: ExpectedBlob): HashedSource {
  const hash = expect.digest === undefined ? undefined : createHash('sha256')
  const most = expect.size ?? Number.POSITIVE_INFINITY
  const iterator = bytes[Symbol.asyncIterator]()
  let size = 0
  let ended = false
  const refuse = (actual: object) => {
    throw new StrataError('failed_precondition', `filesystem layer verification failed for digest ${expect.digest}`, {
      details: { expected: { digest: expect.digest, size: expect.size }, actual },
    })
  }
  const next = async (): Promise<Uint8Array | undefined> => {
    if (size > most) refuse({ size })
    if (ended) return undefined
    const { done, value } = await iterator.next()
    if (done) {
      ended = true
      return undefined
    }
    size += value.byteLength
    if (size > most) refuse({ size })
    hash?.update(value)
    return value
  }
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let chunk = await next(); chunk; chunk = await next()) yield chunk
  }
  const verify = async () => {
    while (await next());
    const digest = hash && `sha256:${hash.copy().digest('hex')}`
    if (size !== (expect.size ?? size) || digest !== expect.digest) refuse({ digest, size })
  }
  return { bytes: read(), verify }
}
