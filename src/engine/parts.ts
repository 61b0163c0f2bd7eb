import type { ContentStore } from '../content/index.ts'
import type { ImageStore, LayerSources, LeaseStore } from '../images/index.ts'
import type { LayerDriver } from '../layers/index.ts'
import type { MetadataStore } from '../metadata/index.ts'
import type { NetworkDriver, Sandboxes } from '../network/index.ts'
import type { Platform } from '../oci/index.ts'
import type { Proxies, RegistrySettings, Resolver } from '../remotes/index.ts'
import type { Runtime } from '../runtime/index.ts'
import type { Logger } from '../std/index.ts'
import type { DownloadLimits, ImagePusher, Puller, UploadLimits } from '../transfer/index.ts'
import type { VolumeStore } from '../volumes/index.ts'

/** The rooms that the engine composes, opened and wired by `bin`. */
export interface EngineParts {
  readonly config: EngineConfig
  readonly log: Logger
  readonly metadata: MetadataStore
  readonly content: ContentStore
  readonly layers: LayerDriver
  readonly images: ImageStore
  readonly leases: LeaseStore
  readonly layerSources: LayerSources
  readonly puller: Puller
  readonly pusher: ImagePusher
  readonly resolver: Resolver
  readonly runtime: Runtime
  readonly sandboxes: Sandboxes
  readonly bridge: NetworkDriver
  readonly volumes: VolumeStore
}

export interface EngineConfig extends ReloadableConfig {
  readonly version: string
  /** What this machine runs, with the highest level of its processor. */
  readonly platform: Platform
  readonly dataRoot: string
  readonly execRoot: string
  /** Name of the default bridge. */
  readonly bridgeName: string
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOpts: readonly string[]
  readonly proxies: Proxies
  readonly defaultRuntime: string
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>
  readonly cgroupParent: string
  /** Program that is pid 1 of containers with `--init`; static. */
  readonly initPath: string
  /** Default options of the `json-file` log driver. */
  readonly logOpts: Readonly<Record<string, string>>
  /** Paths hidden from, and read-only in, containers that are not privileged; for inspect. */
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly logLevel: string
  /** The most bytes of an uncompressed layer. */
  readonly maxLayerSize: number
  /** Seconds that removed images and moved names can be restored. */
  readonly imageUndoPeriod: number
  /** Bytes that are to be free on the disk before anything is kept for that. */
  readonly imageUndoReserve: number
}

/** What a running engine takes over from its configuration file. */
export interface ReloadableConfig extends DownloadLimits, UploadLimits {
  /** Platforms that pulls bring when none is asked for, as `docker pull --platform` takes them; empty: the host's. */
  readonly pullPlatforms: readonly string[]
  readonly insecureRegistries: readonly string[]
  readonly registryMirrors: readonly string[]
  readonly registries: Readonly<Record<string, RegistrySettings>>
  readonly labels: readonly string[]
  /** Whether containers go on when the engine is told to end. */
  readonly liveRestore: boolean
  /** Seconds that containers have to stop when the engine is told to end them. */
  readonly shutdownTimeout: number
}
