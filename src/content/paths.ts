import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Digest, hexOf } from '../oci/index.ts'

/** The whole disk layout of a content store. */
export interface Paths {
  /** Holds the blobs, each under the 64 hex digits of its digest. */
  readonly blobs: string
  /** Holds a folder for each ingest. */
  readonly ingests: string
  blob(digest: Digest): string
  ingest(ref: string): IngestPaths
}

export interface IngestPaths {
  readonly folder: string
  /** The ref, as text. */
  readonly ref: string
  /** When the ingest was started, RFC 3339. */
  readonly started: string
  /** The bytes so far. */
  readonly data: string
}

/** Refs are free text; their sha256 is the name of a folder. */
export function ingestFolderName(ref: string): string {
  return createHash('sha256').update(ref).digest('hex')
}

export function ingestPaths(folder: string): IngestPaths {
  return { folder, ref: join(folder, 'ref'), started: join(folder, 'started'), data: join(folder, 'data') }
}

export function pathsOf(root: string): Paths {
  const blobs = join(root, 'blobs', 'sha256')
  const ingests = join(root, 'ingests')
  return {
    blobs,
    ingests,
    blob: digest => join(blobs, hexOf(digest)),
    ingest: ref => ingestPaths(join(ingests, ingestFolderName(ref))),
  }
}
