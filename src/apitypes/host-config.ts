import type { PortMap } from './network.ts'

/**
 * How a container is set into its host. Everything is present in requests that came through the API (Go's zero values
 * where the client said nothing), so that inspect can show it as it is; `null` is "not said" for lists and maps.
 */
export interface HostConfig extends Resources {
  /** `source:target[:options]`. */
  readonly Binds: readonly string[] | null
  readonly ContainerIDFile: string
  readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> | null }
  /** `default`, `bridge`, `host`, `none`, `container:<name or ID>` or a network; empty: default. */
  readonly NetworkMode: string
  readonly PortBindings: PortMap | null
  readonly RestartPolicy: RestartPolicy
  readonly AutoRemove: boolean
  readonly VolumeDriver: string
  readonly VolumesFrom: readonly string[] | null
  /** Height, width. */
  readonly ConsoleSize: readonly [number, number]
  readonly Annotations?: Readonly<Record<string, string>>
  readonly CapAdd: readonly string[] | null
  readonly CapDrop: readonly string[] | null
  /** `private`, `host`, or empty for the engine's default. */
  readonly CgroupnsMode: string
  readonly Dns: readonly string[] | null
  readonly DnsOptions: readonly string[] | null
  readonly DnsSearch: readonly string[] | null
  /** `name:address`. */
  readonly ExtraHosts: readonly string[] | null
  readonly GroupAdd: readonly string[] | null
  /** `none`, `private`, `shareable`, `host`, `container:<name or ID>`; empty for the engine's default. */
  readonly IpcMode: string
  readonly Cgroup: string
  readonly Links: readonly string[] | null
  readonly OomScoreAdj: number
  /** `host`, `container:<name or ID>` or empty. */
  readonly PidMode: string
  readonly Privileged: boolean
  readonly PublishAllPorts: boolean
  readonly ReadonlyRootfs: boolean
  readonly SecurityOpt: readonly string[] | null
  readonly StorageOpt?: Readonly<Record<string, string>>
  /** Target -> mount options. */
  readonly Tmpfs?: Readonly<Record<string, string>>
  /** `host` or empty. */
  readonly UTSMode: string
  /** `host` or empty. */
  readonly UsernsMode: string
  /** Bytes; 0: 64 MiB. */
  readonly ShmSize: number
  readonly Sysctls?: Readonly<Record<string, string>>
  /** Name of a registered runtime; empty or absent: the default one. */
  readonly Runtime?: string
  readonly Isolation: string
  readonly Mounts?: readonly Mount[]
  /** `null`: the engine's default set. */
  readonly MaskedPaths: readonly string[] | null
  readonly ReadonlyPaths: readonly string[] | null
  readonly Init?: boolean
}

/** Limits of a container. 0 is "no limit" where nothing else is said; bytes, microseconds. */
export interface Resources {
  readonly CpuShares: number
  readonly Memory: number
  /** Thousand-millionths of a CPU. */
  readonly NanoCpus: number
  readonly CgroupParent: string
  readonly BlkioWeight: number
  readonly BlkioWeightDevice: readonly { readonly Path: string; readonly Weight: number }[] | null
  readonly BlkioDeviceReadBps: readonly ThrottleDevice[] | null
  readonly BlkioDeviceWriteBps: readonly ThrottleDevice[] | null
  readonly BlkioDeviceReadIOps: readonly ThrottleDevice[] | null
  readonly BlkioDeviceWriteIOps: readonly ThrottleDevice[] | null
  readonly CpuPeriod: number
  readonly CpuQuota: number
  readonly CpuRealtimePeriod: number
  readonly CpuRealtimeRuntime: number
  readonly CpusetCpus: string
  readonly CpusetMems: string
  readonly Devices: readonly DeviceMapping[] | null
  readonly DeviceCgroupRules: readonly string[] | null
  readonly DeviceRequests: readonly DeviceRequest[] | null
  readonly KernelMemory?: number
  readonly KernelMemoryTCP?: number
  readonly MemoryReservation: number
  /** Memory plus swap; -1: unlimited swap. */
  readonly MemorySwap: number
  /** 0 to 100. */
  readonly MemorySwappiness: number | null
  readonly OomKillDisable: boolean | null
  /** `null`, 0 or -1: unlimited. */
  readonly PidsLimit: number | null
  readonly Ulimits: readonly Ulimit[] | null
  readonly CpuCount: number
  readonly CpuPercent: number
  readonly IOMaximumIOps: number
  readonly IOMaximumBandwidth: number
}

export interface Ulimit {
  readonly Name: string
  readonly Hard: number
  readonly Soft: number
}

export interface ThrottleDevice {
  readonly Path: string
  readonly Rate: number
}

export interface DeviceMapping {
  readonly PathOnHost: string
  readonly PathInContainer: string
  readonly CgroupPermissions: string
}

export interface DeviceRequest {
  readonly Driver: string
  readonly Count: number
  readonly DeviceIDs: readonly string[] | null
  readonly Capabilities: readonly (readonly string[])[] | null
  readonly Options: Readonly<Record<string, string>> | null
}

export interface RestartPolicy {
  /** `no`, `always`, `unless-stopped`, `on-failure` or empty. */
  readonly Name: string
  readonly MaximumRetryCount: number
}

/** A mount as asked for with `--mount`. */
export interface Mount {
  /** `bind`, `volume`, `tmpfs`, `image`, …; the engine refuses what it does not know. */
  readonly Type?: string
  readonly Source?: string
  readonly Target?: string
  readonly ReadOnly?: boolean
  readonly Consistency?: string
  readonly BindOptions?: {
    readonly Propagation?: string
    readonly NonRecursive?: boolean
    readonly CreateMountpoint?: boolean
    readonly ReadOnlyNonRecursive?: boolean
    readonly ReadOnlyForceRecursive?: boolean
  }
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean
    readonly Labels?: Readonly<Record<string, string>>
    readonly Subpath?: string
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> }
  }
  readonly ImageOptions?: { readonly Subpath?: string }
  readonly TmpfsOptions?: {
    readonly SizeBytes?: number
    readonly Mode?: number
    readonly Options?: readonly (readonly string[])[]
  }
}
