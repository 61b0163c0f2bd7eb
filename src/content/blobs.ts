import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises'
import { type Digest, digestOfHex, hexOf, isDigest } from '../oci/index.ts'
import { type Blob, errnoOf, readFileRange, StrataError } from '../std/index.ts'
import type { BlobInfo } from './content.ts'
import type { Paths } from './paths.ts'

function missing(digest: Digest, cause?: unknown): StrataError {
  return new StrataError('not_found', `content digest ${digest}: not found`, { cause, details: { digest } })
}

function orMissing(digest: Digest, error: unknown): unknown {
  return errnoOf(error) === 'ENOENT' ? missing(digest, error) : error
}

async function openFile(paths: Paths, digest: Digest): Promise<FileHandle> {
  if (!isDigest(digest)) throw missing(digest)
  try {
    return await open(paths.blob(digest), 'r')
  } catch (error) {
    throw orMissing(digest, error)
  }
}

export async function openBlob(
  paths: Paths,
  digest: Digest,
  range: { readonly offset: number; readonly length?: number } = { offset: 0 },
): Promise<Blob> {
  const file = await openFile(paths, digest)
  try {
    const total = (await file.stat()).size
    if (range.offset > total) {
      throw new StrataError(
        'invalid_argument',
        `offset ${range.offset} is behind the end of ${digest} (${total} bytes)`,
      )
    }
    const end = Math.min(total, range.offset + (range.length ?? total))
    return {
      size: end - range.offset,
      bytes: () => readFileRange(file, range.offset, end),
      [Symbol.asyncDispose]: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

export async function blobInfo(paths: Paths, digest: Digest): Promise<BlobInfo> {
  if (!isDigest(digest)) throw missing(digest)
  try {
    const { size, mtime } = await stat(paths.blob(digest))
    return { digest, size, createdAt: mtime }
  } catch (error) {
    throw orMissing(digest, error)
  }
}

export async function* walkBlobs(paths: Paths): AsyncGenerator<BlobInfo> {
  for (const name of await readdir(paths.blobs)) {
    const digest = `sha256:${name}`
    if (!isDigest(digest)) continue
    try {
      yield await blobInfo(paths, digest)
    } catch (error) {
      if (!(error instanceof StrataError && error.code === 'not_found')) throw error
    }
  }
}

export async function deleteBlob(paths: Paths, digest: Digest): Promise<void> {
  if (!isDigest(digest)) throw missing(digest)
  try {
    await unlink(paths.blob(digest))
  } catch (error) {
    throw orMissing(digest, error)
  }
}

/** Throws `internal` when the bytes of a blob are not what its name says. */
export async function verifyBlob(paths: Paths, digest: Digest): Promise<void> {
  await using blob = await openBlob(paths, digest)
  const hash = createHash('sha256')
  for await (const chunk of blob.bytes()) hash.update(chunk)
  const actual = digestOfHex(hash.digest('hex'))
  if (actual === digest) return
  throw new StrataError('internal', `content ${hexOf(digest)} is damaged: its digest is ${actual}`, {
    details: { expected: digest, actual },
  })
}
