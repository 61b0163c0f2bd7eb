/**
 * What keeps stored things alive, and how the rest goes.
 *
 * *Mark*: an image keeps its config, its manifest, what its names point to (an index), its layers and their compressed
 * forms; a removed image keeps the same until it is forgotten; a lease keeps what it names; a writable keeps the layers that it stands on. *Sweep*: blobs, layers and old
 * ingests that nothing keeps are removed.
 *
 * A collection may run while images are pulled, built and removed: from its first moment to its last, everything that is
 * leased is safe from it, and who leases something that is just being removed waits for the end of that (see `LeaseStore`
 * in the images room). So whoever brings things under a lease, and records the image before closing it, never loses one.
 * Layers in use are protected by the storage driver too, which refuses to remove them.
 */
import type { ContentStore } from '../content/index.ts'
import type { ImageStore, LayerSources, LeaseStore } from '../images/index.ts'
import type { LayerDriver } from '../layers/index.ts'
import type { DiffID, Digest } from '../oci/index.ts'
import type { Logger } from '../std/index.ts'

/** The stores that a collection looks at. */
export interface Stores {
  readonly images: ImageStore
  readonly leases: LeaseStore
  readonly layerSources: LayerSources
  readonly content: ContentStore
  readonly layers: LayerDriver
}

export interface GarbageOptions extends Stores {
  readonly log: Logger
  /** Content that something else keeps, a build cache for one. */
  readonly extraContent?: Iterable<Digest>
  readonly extraLayers?: Iterable<DiffID>
  /** How long an ingest that nobody leases is kept after its last byte, in milliseconds. One hour when absent. */
  readonly grace?: number
  /** Nobody is waited for who could lease an ingest, since its name has a digest, and doesn't. */
  readonly unfinished?: boolean
}

/** Content and layers, by name. */
export interface Contents {
  readonly content: ReadonlySet<Digest>
  readonly layers: ReadonlySet<DiffID>
}

/** What a collection removed. */
export interface Swept {
  readonly content: readonly Digest[]
  readonly layers: readonly DiffID[]
  /** Refs. */
  readonly ingests: readonly string[]
  /** Given back to the disk. */
  readonly bytes: number
}

/** Something that is wrong in the store. */
export interface Finding {
  /** An `error` breaks something that a user has; a `warning` costs space, or will be missed later. */
  readonly severity: 'error' | 'warning'
  readonly kind: 'metadata' | 'blob' | 'layer' | 'image' | 'name' | 'writable'
  /** The digest, name or id of the thing. */
  readonly id: string
  readonly what: string
  /** What to do about it. */
  readonly remedy: string
}
