import type { Descriptor, Platform } from './oci.ts'

/** One manifest of the index that a name holds. */
export interface ImageManifestSummary {
  /** The digest of the manifest. */
  readonly ID: string
  readonly Descriptor: Descriptor
  /** Whether all of it is here. */
  readonly Available: boolean
  /** Bytes: of what is kept as a registry serves it, and of that and the layers together. */
  readonly Size: { readonly Content: number; readonly Total: number }
  readonly Kind: 'image' | 'attestation' | 'unknown'
  readonly ImageData?: {
    readonly Platform: Platform
    readonly Size: { readonly Unpacked: number }
    /** IDs, of containers running or not. */
    readonly Containers: readonly string[] | null
  }
  readonly AttestationData?: { readonly For: string }
}

/** Of names that hold several platforms. */
interface Multiplatform {
  /** Of the index. */
  readonly Descriptor?: Descriptor
  /** When they were asked for. */
  readonly Manifests?: readonly ImageManifestSummary[]
}

/** One image of `GET /images/json`. */
export interface ImageSummary extends Multiplatform {
  /** Containers that use it, or another platform that its names hold; -1: not counted. */
  readonly Containers: number
  /** Seconds since the epoch. */
  readonly Created: number
  readonly Id: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly ParentId: string
  /** Familiar form: `debian@sha256:…`. */
  readonly RepoDigests: readonly string[]
  /** Familiar form: `debian:bookworm`. */
  readonly RepoTags: readonly string[]
  /** Bytes; -1: not counted. */
  readonly SharedSize: number
  /** Bytes of all that its names hold. */
  readonly Size: number
}

/** `GET /images/{name}/json`. */
export interface ImageInspect extends Multiplatform {
  readonly Id: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  readonly Parent: string
  readonly Comment: string
  /** RFC 3339 with nanoseconds. */
  readonly Created?: string
  /** ID of the container that it was committed from, or empty; until API 1.44. */
  readonly Container: string
  /** Of that container's config what the image tells; until API 1.44. */
  readonly ContainerConfig: object
  readonly DockerVersion: string
  readonly Author: string
  /** The image config's `config`, as it is in the image. */
  readonly Config: object | null
  readonly Architecture: string
  readonly Variant?: string
  readonly Os: string
  readonly OsVersion?: string
  readonly Size: number
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>> | null; readonly Name: string }
  readonly RootFS: { readonly Type: string; readonly Layers?: readonly string[] }
  /** RFC 3339; `0001-01-01T00:00:00Z` when never tagged here. */
  readonly Metadata: { readonly LastTagTime: string }
}

/** One line of `GET /images/{name}/history`, newest first. */
export interface HistoryItem {
  readonly Comment: string
  /** Seconds since the epoch. */
  readonly Created: number
  readonly CreatedBy: string
  /** Image ID, or `<missing>`. */
  readonly Id: string
  readonly Size: number
  readonly Tags: readonly string[] | null
}

/** `POST /images/prune`. */
export interface ImagesPruned {
  readonly ImagesDeleted: readonly ImageDeleteItem[] | null
  /** Bytes. */
  readonly SpaceReclaimed: number
}

/** What `DELETE /images/{name}` did, in order: one of the two. */
export type ImageDeleteItem = { readonly Untagged: string } | { readonly Deleted: string }

/** One of `GET /strata/images/removed`: what can be restored. */
export interface RemovedImageSummary {
  /** Familiar form; empty for an image that had no name when it was removed. */
  readonly Name: string
  readonly Id: string
  /** Bytes of its layers. */
  readonly Size: number
  /** Whether it was taken away, or the name led to another image. */
  readonly Why: 'removed' | 'moved'
  /** RFC 3339. */
  readonly Removed: string
  /** RFC 3339: as long as that, unless space is needed before. */
  readonly Until: string
}

/** `POST /strata/images/restore`. */
export interface RestoredImage {
  readonly Id: string
  /** Names that lead to it again. */
  readonly Names: readonly string[]
  /** Names that lead elsewhere by now, and were left alone. */
  readonly Left: readonly string[]
}

/** `POST /strata/images/prune`. */
export interface ExplainedPrune {
  readonly Images: readonly {
    readonly Id: string
    /** Familiar form. */
    readonly Names: readonly string[]
    readonly Action: 'keep' | 'remove' | 'forget'
    readonly Reason: string
    /** That come back with it, after those before it; 0 for what stays. */
    readonly Bytes: number
    /** RFC 3339. */
    readonly LastUsed?: string
  }[]
  /** Bytes that came back, or would. */
  readonly SpaceReclaimed: number
}
