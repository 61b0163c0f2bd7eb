/**
 * The roads between a store, a registry and a file.
 *
 * pull: reference -> resolve (platform picked from the index) -> config -> for each layer: fetch into a resumable ingest,
 * verify against the descriptor, decompress, verify against the diffID, ingest into the layer store -> record the image,
 * all under one lease. Several layers at once; a blob that two pulls want is fetched once and both see its progress.
 *
 * push: tag -> for each layer, several at once: is a known compressed form there, can another repository of the registry
 * lend it, is its blob kept, can another registry send it through here, else compress it on its way -> config -> manifest.
 * Nothing is stored for it; a layer that two pushes want in one place is brought once.
 */
import type { DiffID, Digest, Platform } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import type { Credentials } from '../remotes/index.ts'

/** One line of Docker's JSON message stream (`POST /images/create`, `/push`, `/load`). */
export interface ProgressEvent {
  readonly status?: string
  /** Text that is shown as it is. */
  readonly stream?: string
  /** For programs: what came of it (`Tag`, `Digest`, `Size` of a push). */
  readonly aux?: object
  /** Short layer ID (12 hex) or, for the first line, the tag. */
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

/** Which images of an index are wanted. */
export type WantedPlatforms = 'all' | readonly Platform[]

export interface PullOptions {
  /** One, as Docker pulls it: the host's when absent. */
  readonly platform?: Platform
  /** Several, which the name then holds together. Of what is no index, the image that there is. */
  readonly platforms?: WantedPlatforms
  readonly credentials?: Credentials
  /** The caller says what came of it: the line `Status:` is left out. */
  readonly oneOfSeveral?: boolean
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

export interface PushOptions {
  /** Instead of what the tag leads to: one of the images that it holds. */
  readonly image?: Digest
  readonly credentials?: Credentials
  readonly progress: (event: ProgressEvent) => void
  readonly signal: AbortSignal
}

export interface PullResult {
  readonly image: Digest
  /** Digest of what the registry serves under the reference. */
  readonly digest: Digest
  readonly upToDate: boolean
}

export interface Puller {
  pull(reference: Reference, options: PullOptions): Promise<PullResult>
  /** Lets go of what pulls that failed have left, so that the next ones could go on from there; returns what it was. */
  letGo(): readonly (Digest | DiffID)[]
  /** From now on these count; what is under way goes on. */
  setLimits(limits: DownloadLimits): void
}

export interface DownloadLimits {
  /** Docker's `max-concurrent-downloads`: layers at once; 0 for as many as there are. */
  readonly maxConcurrentDownloads: number
  /** Docker's `max-download-attempts`. */
  readonly maxDownloadAttempts: number
}

export interface UploadLimits {
  /** Docker's `max-concurrent-uploads`: layers at once; 0 for as many as there are. */
  readonly maxConcurrentUploads: number
  readonly maxUploadAttempts: number
}

export interface ImagePusher {
  /**
   * Pushes what a tag leads to, or all tags of a repository when the reference has none, and records the digest that the
   * registry has it under as a name of the image. Throws Docker's texts.
   */
  push(reference: Reference, options: PushOptions): Promise<void>
  /** From now on these count; what is under way goes on. */
  setLimits(limits: UploadLimits): void
}
