import type {
  ContainerConfig,
  ExplainedPrune,
  Filters,
  HistoryItem,
  ImageDeleteItem,
  ImageDiffMessage,
  ImageInspect,
  ImageLayers,
  ImageSummary,
  ImagesPruned,
  Platform,
  RemovedImageSummary,
  RestoredImage,
} from '../../apitypes/index.ts'
import type { Bytes } from '../../std/index.ts'
import type { PlatformOption } from './platform-query.ts'

/** What the image routes need. `name` is what the user typed: a reference, an ID or the beginning of one. */
export interface ImagesBackend {
  /**
   * Pulls one image. Everything that the user shall read goes to `progress`, the `Digest:` and `Status:` lines too. An
   * error before the first line becomes an HTTP status, one after it a line of the stream.
   */
  pull(options: PullImageOptions): Promise<void>
  /** Makes an image of a file system. Errors as those of `pull`. */
  import(options: ImportOptions): Promise<void>
  /** Makes an image of a container's changes. */
  commit(options: CommitOptions): Promise<{ readonly Id: string }>
  /** Pushes one tag or all tags of a repository, and tells of it as `pull` does. */
  push(options: PushImageOptions): Promise<void>
  list(options: ListImagesOptions): Promise<readonly ImageSummary[]>
  inspect(name: string, options: PlatformOption & { readonly manifests: boolean }): Promise<ImageInspect>
  history(name: string, options: PlatformOption): Promise<readonly HistoryItem[]>
  /** What each layer has and wastes; names the `paths` largest wasted files. */
  layers(name: string, options: ImageLayersOptions): Promise<ImageLayers>
  /** What differs between two images. Rejects when one isn't there; the messages may fail as well. */
  diff(options: DiffImagesOptions): Promise<AsyncIterable<ImageDiffMessage>>
  /** `repo` may carry no tag of its own; `tag` may be empty: `latest`. */
  tag(name: string, target: { readonly repo: string; readonly tag: string }): Promise<void>
  remove(
    name: string,
    options: {
      readonly force: boolean
      readonly noPrune: boolean
      /** The images of these platforms only; empty: all that the name has. */
      readonly platforms: readonly Platform[]
    },
  ): Promise<readonly ImageDeleteItem[]>
  /** Loads an archive of images; what the user shall read goes to `progress`, errors too. */
  load(options: LoadImagesOptions): Promise<void>
  /** `names` as typed; a `platform` refuses images that are not for it. */
  save(options: { readonly names: readonly string[]; readonly platform?: Platform }): Promise<SavedArchive>
  /** Removes what nobody needs. Throws `conflict` while another prune is under way. */
  prune(filters: Filters): Promise<ImagesPruned>
  /** The same, with what became of each image and why; a dry run removes nothing. */
  explainedPrune(filters: Filters, options: { readonly dryRun: boolean }): Promise<ExplainedPrune>
  /** What can be restored, the latest first. */
  removed(): Promise<readonly RemovedImageSummary[]>
  /** `name`: a name, or the ID of a removed image or its beginning. Throws `not_found`. */
  restore(name: string): Promise<RestoredImage>
}

export interface LoadImagesOptions {
  readonly archive: Bytes
  /** Only images for it. */
  readonly platform?: Platform
  readonly progress: (message: ProgressMessage) => void
  readonly signal: AbortSignal
}

/** An archive that is written as it is read; to be disposed of when it is. */
export interface SavedArchive extends AsyncDisposable {
  readonly size: number
  bytes(): Bytes
}

export interface PullImageOptions {
  /** As typed, with its tag or digest; without either: all tags of the repository. */
  readonly reference: string
  /** As typed: `linux/arm64/v8`. */
  readonly platform?: string
  readonly credentials?: RegistryCredentials
  readonly progress: (message: ProgressMessage) => void
  readonly signal: AbortSignal
}

export interface ImportOptions {
  /** A tar, compressed or not; or the URL of one. */
  readonly source: { readonly archive: Bytes } | { readonly url: string }
  readonly target: { readonly repo: string; readonly tag: string }
  readonly message: string
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[]
  /** As typed. */
  readonly platform?: string
  readonly progress: (message: ProgressMessage) => void
  readonly signal: AbortSignal
}

export interface CommitOptions {
  /** As typed: an ID, the beginning of one, or a name. */
  readonly container: string
  /** `repo` may be empty: an image without a name; and so may `tag`: `latest`. */
  readonly target: { readonly repo: string; readonly tag: string }
  readonly author: string
  readonly comment: string
  /** The container stands still meanwhile. */
  readonly pause: boolean
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[]
  /** Instead of the container's own. */
  readonly config?: ContainerConfig
  readonly signal: AbortSignal
}

export interface PushImageOptions {
  /** As typed: with a tag, or without for all tags of the repository. */
  readonly reference: string
  readonly tag?: string
  /** Refuses an image that is not for it. */
  readonly platform?: Platform
  readonly credentials?: RegistryCredentials
  readonly progress: (message: ProgressMessage) => void
  readonly signal: AbortSignal
}

/** What `docker login` knows of a registry, from the `X-Registry-Auth` header. */
export interface RegistryCredentials {
  readonly username?: string
  readonly password?: string
  readonly identityToken?: string
  readonly registryToken?: string
}

/** One line of Docker's JSON message stream. */
export interface ProgressMessage {
  readonly status?: string
  /** Text that is shown as it is. */
  readonly stream?: string
  /** For programs: what came of it. */
  readonly aux?: object
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

export interface ImageLayersOptions extends PlatformOption {
  readonly paths: number
  readonly signal: AbortSignal
}

/** An image as typed; a `platform` picks among those of its name. */
export interface NamedImage extends PlatformOption {
  readonly name: string
}

export interface DiffImagesOptions {
  readonly from: NamedImage
  readonly to: NamedImage
  readonly signal: AbortSignal
}

export interface ListImagesOptions {
  /** Untagged parents of others as well. */
  readonly all: boolean
  readonly filters: Filters
  /** Fill in SharedSize. */
  readonly sharedSize: boolean
  /** Fill in Manifests. */
  readonly manifests: boolean
}
