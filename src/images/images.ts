/**
 * The images that this store holds, and their names.
 *
 * An *image* is identified by the digest of its config (*image ID*). A *name* is a normalised reference with a tag
 * (`docker.io/library/debian:bookworm`) or with a digest (a *repo digest*, `docker.io/library/debian@sha256:…`); it points
 * to the descriptor that a registry serves under it (its *target*: an index or a manifest) and to the image picked from it.
 * A name may *hold* more of an index: the images of other platforms, which have no name of their own, and the blobs of
 * all of them as the registry serves them. A tag that moves away leaves its old image *dangling*. Manifests, indexes and configs are blobs in the content store; layers are in
 * the layer store; here are only records.
 *
 * A *source* of a layer is a compressed form of it that a registry has: a descriptor, and the repositories that are known
 * to hold the blob, so that a layer which came from a registry or went to one is never compressed again for another.
 *
 * A *lease* names content and layers that must not be collected though no image refers to them yet: what a pull has
 * brought so far. It survives the engine, so that an interrupted pull can go on, and expires. A *passing* lease, of work that
 * can't go on in another engine, is not written down.
 *
 * What is taken away, an image or what a name pointed to, is *removed*: on record still, with its content kept, until it is
 * *restored* or *forgotten*.
 *
 * Order that makes it safe to collect garbage at any moment: open a lease; for each thing, add it to the lease, wait for
 * `settled`, and only then ask whether it is there or bring it; record the image; close the lease.
 */
import type { Descriptor, DiffID, Digest, ImageConfig, Platform } from '../oci/index.ts'
import type { Reference } from '../reference/index.ts'
import type { RemovedImage } from './undo.ts'

export interface ImageRecord {
  readonly id: Digest
  /** Absent for images that never had one (imported, committed). */
  readonly manifest?: Descriptor
  readonly config: Descriptor
  /** The image that this one was committed or built from here; absent for images that came from elsewhere. */
  readonly parent?: Digest
  /** Lowest first, one for each diffID of the config. */
  readonly layers: readonly ImageLayer[]
  readonly platform: Platform
  /** RFC 3339, from the config; empty when the config has none. */
  readonly created: string
  /** Sum of the layers' sizes as Docker counts them: bytes of regular files. */
  readonly size: number
  readonly labels: Readonly<Record<string, string>> | null
  /** RFC 3339: when a tag was last set on it here. */
  readonly lastTagged?: string
}

export interface ImageLayer {
  readonly diffID: DiffID
  readonly size: number
  /** What the registry serves for it. */
  readonly source?: Descriptor
}

/** What a name points to. */
export interface NameRecord {
  /** The image that is meant when no platform is asked for. */
  readonly image: Digest
  /** What the registry serves under the name; the image's own manifest for local tags. */
  readonly target?: Descriptor
  /** The indexes within the target that are kept with it; absent when there are none. */
  readonly indexes?: readonly Digest[]
  /** Absent for names of one image alone. */
  readonly held?: HeldIndex
}

/** What a name holds of its target, an index, and of the indexes within it. */
export interface HeldIndex {
  /** In the order in which they are listed; that of the name's own image is among them. */
  readonly manifests: readonly HeldManifest[]
  /** Whether nothing of the index is missing, so that it can go elsewhere as it is. */
  readonly whole: boolean
}

export interface HeldManifest {
  readonly digest: Digest
  /** Absent for what can't run here: attestations, images of other operating systems. */
  readonly image?: Digest
  /** The config, and the layers as the registry serves them: kept, so that they can go elsewhere with the same digests. */
  readonly blobs: readonly Digest[]
}

export interface ImageSummary {
  readonly record: ImageRecord
  /** Normalised names with a tag, sorted. */
  readonly tags: readonly string[]
  /** Normalised names with a digest, sorted. */
  readonly digests: readonly string[]
  /** Normalised names that hold it as the image of another platform, sorted: with them and no name it is not dangling. */
  readonly heldBy: readonly string[]
  /** Those of its own names that hold an index, sorted. */
  readonly holding: readonly string[]
}

/** A name to be set, and what it shall point to. */
export interface NewName extends Omit<NameRecord, 'image'> {
  readonly reference: Reference
}

/** Something that can be put back. */
export interface Removed {
  /** Normalised. Absent: an image that had no name when it was removed. */
  readonly name?: string
  readonly image: ImageRecord
  readonly at: number
  readonly why: 'removed' | 'moved'
}

/** What a restore has done. */
export interface Restored {
  readonly image: ImageRecord
  /** Names that lead to it again, normalised. */
  readonly names: readonly string[]
  /** Names that lead elsewhere by now, and were left alone. */
  readonly left: readonly string[]
}

export interface ImageStore {
  /**
   * Records an image and, in the same transaction, sets `names` on it. What was known of the same image before and is
   * not in `record` (its manifest, where its layers come from) stays. `others`, which the names hold, are recorded with it.
   */
  put(record: ImageRecord, names: readonly NewName[], options?: { readonly others?: readonly ImageRecord[] }): void
  get(id: Digest): ImageRecord | undefined
  /** All images with their names, newest first: one indexed read after a change, and none as long as nothing changes. */
  list(): readonly ImageSummary[]
  /** Throws `not_found`. */
  summary(id: Digest): ImageSummary
  /** The images whose parent it is. */
  children(id: Digest): Digest[]
  /**
   * What a user means by `text`: name (tag `latest` when none), repo digest, ID, or a unique prefix of one (with or without
   * `sha256:`). Throws `not_found` "No such image: …" with the familiar form, `invalid_argument` for a bad name.
   */
  resolve(text: string): { readonly record: ImageRecord; readonly name?: string }
  name(reference: Reference): NameRecord | undefined
  /** All names and what they point to, sorted. */
  names(): IterableIterator<readonly [name: string, record: NameRecord]>
  /** Sets a name, taking it from the image that had it. A reference without tag and digest gets `latest`. Throws `not_found` without the image. */
  tag(reference: Reference, image: Digest, points?: Omit<NameRecord, 'image'>): void
  /** True when the name was there. */
  untag(reference: Reference): boolean
  /** Forgets an image and all its names, and that others hold it; its content stays until the next collection. */
  remove(id: Digest): void
  /** What can be put back, the latest first: names that were taken away or moved, and images that went without one. */
  removed(): Removed[]
  /** What names pointed to that can be put back. */
  removedPoints(): NameRecord[]
  /** Removed images that can be put back. */
  removedImages(): IterableIterator<RemovedImage>
  /**
   * Puts back what `text` means: a name, as it pointed before (from where it points now it moves, which can be undone too);
   * or an image by its ID or the beginning of one, with those of its names that lead nowhere now. Throws `not_found`.
   */
  restore(text: string): Restored
  /** Gives up removed images, and the names that led to nothing else; their content goes with the next collection. */
  forgetRemoved(which: (image: RemovedImage) => boolean): void
  /** Gives up what names pointed to before `moment`, in milliseconds since the epoch. */
  forgetNames(moment: number): void
  /** Says that an image is being used now. Written at most once a minute: it costs a hot road nothing. */
  use(id: Digest): void
  /** When it was used last, or came here, in milliseconds since the epoch. */
  usedAt(id: Digest): number | undefined
  /** The parsed config, read from content. */
  config(id: Digest): Promise<ImageConfig>
}

export interface LayerSource {
  readonly descriptor: Descriptor
  /** Normalised repositories (`docker.io/library/debian`), the latest first. */
  readonly repositories: readonly string[]
}

/** A layer, and what it is compressed to. */
export interface LayerForm {
  readonly diffID: DiffID
  readonly descriptor: Descriptor
}

/** Which compressed forms of layers are known. Bounded: of each layer the latest few, each with the latest few repositories. */
export interface LayerSources {
  /** The latest first. */
  list(layer: DiffID): readonly LayerSource[]
  /** A registry has these forms of layers in `repository`. One write for all of them. */
  add(forms: readonly LayerForm[], repository: string): void
  /** A registry does not have it there any more. */
  drop(layer: DiffID, digest: Digest, repository: string): void
  /** To be called when the layer is removed. */
  forget(layer: DiffID): void
}

export interface Lease {
  readonly id: string
  readonly expiresAt: string
  readonly content: readonly Digest[]
  readonly layers: readonly DiffID[]
}

export interface LeaseStore {
  /**
   * Opens a lease, or goes on with the one of this id, for `milliseconds` from now. A new one that is `passing` costs no write:
   * it ends with the engine at the latest.
   */
  open(id: string, milliseconds: number, options?: { readonly passing?: boolean }): void
  /** One write for all of them. Throws `not_found` without the lease. */
  addContent(id: string, ...digests: Digest[]): void
  /** One write for all of them. Throws `not_found` without the lease. */
  addLayers(id: string, ...layers: DiffID[]): void
  /** No error when there is none. */
  close(id: string): void
  /** Those that have not expired. Drops the expired ones. */
  list(): Lease[]
  /** Resolves when no collection is in the middle of removing `thing`. */
  settled(thing: Digest | DiffID): Promise<void>
  /** Begins a collection: see {@link Collection}. Read what is alive after this, not before. */
  collect(): Collection
}

/** The right to remove what nobody needs. From its beginning to its end, all that is or gets leased is safe from it. */
export interface Collection extends Disposable {
  /** Whether `thing` was leased at any time since the beginning. */
  isLeased(thing: Digest | DiffID): boolean
  /** Does `work` unless `thing` is leased. Whoever leases it meanwhile waits in `settled` for the end. True when it was done. */
  remove(thing: Digest | DiffID, work: () => Promise<void>): Promise<boolean>
}
