/**
 * The vocabulary of images, as pure types and functions (OCI image-spec v1.1 and Docker image manifest v2 schema 2).
 *
 * - *digest*: `sha256:<64 hex>` of some bytes.
 * - *diffID*: the digest of a layer's uncompressed tar. *chainID*: the digest of an ordered list of diffIDs.
 * - *descriptor*: media type, digest and size of a blob: everything that is needed to fetch and to verify it.
 * - *manifest*: one image for one platform: a config and its layers. *index* (Docker: manifest list): several manifests.
 * - *config*: what to run, and the diffIDs of the layers. Its digest is the *image ID*.
 *
 * The three kinds of digest are branded: mixing them does not compile.
 */
declare const brand: unique symbol

/** The digest of some bytes: a blob, a manifest, a config. A *distribution digest* when it names what a registry serves. */
export type Digest = string & { readonly [brand]: 'Digest' }
/** The digest of an uncompressed layer tar. */
export type DiffID = string & { readonly [brand]: 'DiffID' }
/** The digest of an ordered list of diffIDs, lowest layer first. */
export type ChainID = string & { readonly [brand]: 'ChainID' }

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes of the blob. */
  readonly size: number
  readonly urls?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly platform?: Platform
}

/** What an image runs on, in the words of Go: `linux`, `amd64`, `v8`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md, and Docker's schema 2, which has the same shape. */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md, and Docker's manifest list. */
export interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md plus the fields that Docker adds. An operating system or
 * architecture that it doesn't tell is empty.
 */
export interface ImageConfig extends Platform {
  readonly created?: string
  readonly author?: string
  readonly docker_version?: string
  readonly comment?: string
  /** The container that it was committed from, and its config. */
  readonly container?: string
  readonly container_config?: CommittedConfig
  readonly config?: ContainerDefaults
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly DiffID[] }
  readonly history?: readonly HistoryEntry[]
}

/** The config of the container that an image was made of. */
export interface CommittedConfig extends ContainerDefaults {
  readonly AttachStdin?: boolean
  readonly AttachStdout?: boolean
  readonly AttachStderr?: boolean
  readonly Tty?: boolean
  readonly OpenStdin?: boolean
  readonly StdinOnce?: boolean
  readonly Image?: string
  readonly NetworkDisabled?: boolean
  readonly MacAddress?: string
}

/** What a container of the image runs by default. */
export interface ContainerDefaults {
  readonly Hostname?: string
  readonly Domainname?: string
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>> | null
  readonly Env?: readonly string[] | null
  readonly Entrypoint?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly Volumes?: Readonly<Record<string, object>> | null
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly StopSignal?: string
  readonly StopTimeout?: number
  readonly Shell?: readonly string[] | null
  readonly OnBuild?: readonly string[] | null
  readonly ArgsEscaped?: boolean
  readonly Healthcheck?: Healthcheck | null
}

/** Times are nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}
