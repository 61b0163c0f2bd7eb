/** One image of `GET /images/json`. */
export interface ImageSummary {
  /** Containers that use it; -1: not counted. */
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
  readonly Size: number
}

/** `GET /images/{name}/json`. */
export interface ImageInspect {
  readonly Id: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  readonly Parent: string
  readonly Comment: string
  /** RFC 3339 with nanoseconds. */
  readonly Created?: string
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
