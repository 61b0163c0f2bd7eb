import type { ContainerSummary } from './container.ts'
import type { ImageSummary } from './image.ts'
import type { Volume } from './volume.ts'

/** `GET /version`. */
export interface Version {
  readonly Platform: { readonly Name: string }
  readonly Components: readonly {
    readonly Name: string
    readonly Version: string
    readonly Details?: Readonly<Record<string, string>>
  }[]
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion: string
  readonly GitCommit: string
  /** Docker's name for it; we say which Node runs. */
  readonly GoVersion: string
  readonly Os: string
  readonly Arch: string
  readonly KernelVersion: string
  readonly Experimental?: boolean
  /** RFC 3339. */
  readonly BuildTime: string
}

/** What the engine knows of that; which versions of the API are spoken is the API's own matter. */
export type EngineVersion = Omit<Version, 'ApiVersion' | 'MinAPIVersion'>

/** `GET /info`. */
export interface Info {
  readonly ID: string
  readonly Containers: number
  readonly ContainersRunning: number
  readonly ContainersPaused: number
  readonly ContainersStopped: number
  readonly Images: number
  /** Storage driver. */
  readonly Driver: string
  readonly DriverStatus: readonly (readonly [string, string])[]
  readonly SystemStatus?: readonly (readonly [string, string])[]
  readonly Plugins: {
    readonly Volume: readonly string[]
    readonly Network: readonly string[]
    readonly Authorization: readonly string[] | null
    readonly Log: readonly string[]
  }
  readonly MemoryLimit: boolean
  readonly SwapLimit: boolean
  readonly CpuCfsPeriod: boolean
  readonly CpuCfsQuota: boolean
  readonly CPUShares: boolean
  readonly CPUSet: boolean
  readonly PidsLimit: boolean
  readonly IPv4Forwarding: boolean
  readonly Debug: boolean
  readonly NFd: number
  readonly OomKillDisable: boolean
  readonly NGoroutines: number
  /** RFC 3339 with nanoseconds. */
  readonly SystemTime: string
  readonly LoggingDriver: string
  readonly CgroupDriver: 'cgroupfs' | 'systemd' | 'none'
  readonly CgroupVersion?: '1' | '2'
  readonly NEventsListener: number
  readonly KernelVersion: string
  readonly OperatingSystem: string
  readonly OSVersion: string
  readonly OSType: string
  /** As `uname -m` says: `x86_64`. */
  readonly Architecture: string
  readonly IndexServerAddress: string
  readonly RegistryConfig: {
    readonly InsecureRegistryCIDRs: readonly string[]
    readonly IndexConfigs: Readonly<
      Record<
        string,
        {
          readonly Name: string
          readonly Mirrors: readonly string[]
          readonly Secure: boolean
          readonly Official: boolean
        }
      >
    >
    readonly Mirrors: readonly string[] | null
  } | null
  readonly NCPU: number
  readonly MemTotal: number
  readonly GenericResources: null
  readonly DockerRootDir: string
  readonly HttpProxy: string
  readonly HttpsProxy: string
  readonly NoProxy: string
  /** Host name. */
  readonly Name: string
  readonly Labels: readonly string[]
  readonly ExperimentalBuild: boolean
  readonly ServerVersion: string
  readonly Runtimes: Readonly<Record<string, { readonly path: string; readonly runtimeArgs?: readonly string[] }>>
  readonly DefaultRuntime: string
  readonly Swarm: {
    readonly NodeID: string
    readonly NodeAddr: string
    readonly LocalNodeState: 'inactive'
    readonly ControlAvailable: boolean
    readonly Error: string
    readonly RemoteManagers: null
  }
  readonly LiveRestoreEnabled: boolean
  readonly Isolation: string
  readonly InitBinary: string
  readonly ContainerdCommit: Commit
  readonly RuncCommit: Commit
  readonly InitCommit: Commit
  /** `name=seccomp,profile=builtin`, … */
  readonly SecurityOptions: readonly string[]
  readonly ProductLicense?: string
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[]
  readonly FirewallBackend?: { readonly Driver: string; readonly Info?: readonly (readonly [string, string])[] }
  readonly CDISpecDirs: readonly string[]
  readonly Warnings: readonly string[] | null
}

export interface Commit {
  readonly ID: string
}

/** One line of `POST /strata/system/check`; the last one is the `done`. */
export type CheckMessage =
  | { readonly status: 'checked'; readonly kind: string; readonly id: string }
  | { readonly status: 'problem'; readonly kind: string; readonly id: string; readonly message: string }
  | { readonly status: 'done'; readonly checked: number; readonly problems: number }

/** What `GET /system/df` can be asked for. */
export type DiskUsageType = 'container' | 'image' | 'volume' | 'build-cache'

/** `GET /system/df`: what was asked for. */
export interface DiskUsage {
  /** Bytes of all layers. */
  readonly LayersSize: number
  readonly Images?: readonly ImageSummary[]
  readonly Containers?: readonly ContainerSummary[]
  readonly Volumes?: readonly Volume[]
  /** There is none yet. */
  readonly BuildCache?: readonly never[]
}
