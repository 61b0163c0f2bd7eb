/**
 * `GET /strata/images/{name}/layers`. Layers are numbered from 1, the lowest, everywhere here; sizes are bytes of files
 * and link targets, hard links counted once.
 */
export interface ImageLayers {
  readonly id: string
  /** `linux/arm64/v8` */
  readonly platform: string
  readonly size: number
  /** Bytes that no container can see. */
  readonly wasted: number
  readonly layers: readonly ImageLayerUse[]
}

/** One layer of an image, and where it comes from. */
export interface ImageLayerOrigin {
  readonly number: number
  readonly diffID: string
  /** The instruction of the image's history that made it; empty when the history doesn't say. */
  readonly createdBy: string
  /** RFC 3339; absent when the history doesn't say. */
  readonly created?: string
  readonly size: number
}

export interface ImageLayerUse extends ImageLayerOrigin {
  /** Names of what is no directory. */
  readonly files: number
  /** Names that it removes, and directories that it empties. */
  readonly removals: number
  /** Bytes of it that layers above replace or remove. */
  readonly wasted: number
  readonly wastedFiles: number
  /** The largest of these files, when they were asked for. */
  readonly wastedPaths: readonly WastedPath[]
}

export interface WastedPath {
  readonly path: string
  readonly size: number
  /** The layer above that replaces or removes it. */
  readonly by: number
  readonly how: 'replaced' | 'removed'
}

/** One line of `GET /strata/images/diff`: first the `images`, then the files in the order of their paths, at last `done`. */
export type ImageDiffMessage = ComparedImages | FileDifference | ImageDiffDone

export interface ComparedImages {
  readonly status: 'images'
  readonly from: ComparedImage
  readonly to: ComparedImage
}

export interface ComparedImage {
  readonly id: string
  readonly platform: string
  readonly size: number
  readonly layers: readonly ImageLayerOrigin[]
}

/** Where a layer stands; those at the bottom that both images have are of `both`. */
export interface ImageLayerPlace {
  readonly image: 'from' | 'to' | 'both'
  readonly number: number
}

export interface FileDifference {
  readonly status: 'added' | 'changed' | 'removed'
  /** Absolute; bytes that are no UTF-8 are replaced. */
  readonly path: string
  /** The layer that made the difference. */
  readonly layer: ImageLayerPlace
  /** How much larger the files of the image are by it. Hard links count with the last of their names that differs. */
  readonly bytes: number
  /** Of `changed`: `type`, `content`, `mode`, `owner`, `xattrs`, `time`. */
  readonly aspects?: readonly string[]
  /** Absent when it was added. */
  readonly before?: FileFacts
  /** Absent when it was removed. */
  readonly after?: FileFacts
}

export interface FileFacts {
  readonly type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo'
  /** Octal, four digits: `0755`. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** RFC 3339 in UTC, with nanoseconds. */
  readonly modified: string
  /** How many names its inode has in the image; absent when this is the only one. */
  readonly links?: number
  /** The layer that it is from. */
  readonly layer: ImageLayerPlace
}

export interface ImageDiffDone {
  readonly status: 'done'
  readonly added: FileCount
  readonly changed: FileCount
  readonly removed: FileCount
}

export interface FileCount {
  /** Of directories too. */
  readonly names: number
  /** How much larger the files of the image are by it. */
  readonly bytes: number
}
