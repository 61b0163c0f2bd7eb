import type { HostConfig } from './host-config.ts'
import type { EndpointSettings, NetworkSettings } from './network.ts'

/** What runs in a container, whichever host it is on: `Config` of inspect, and the body of create. */
export interface ContainerConfig {
  readonly Hostname: string
  readonly Domainname: string
  /** `user`, `uid`, `user:group` or `uid:gid`; empty: the image's. */
  readonly User: string
  readonly AttachStdin: boolean
  readonly AttachStdout: boolean
  readonly AttachStderr: boolean
  /** `80/tcp` -> `{}`. */
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Tty: boolean
  readonly OpenStdin: boolean
  /** Standard input closes for good when the first attached client closes its side. */
  readonly StdinOnce: boolean
  /** `NAME=value`; a bare `NAME` removes the image's. */
  readonly Env: readonly string[] | null
  readonly Cmd: readonly string[] | null
  readonly Healthcheck?: HealthConfig
  readonly ArgsEscaped?: boolean
  /** As the user typed it. */
  readonly Image: string
  readonly Volumes: Readonly<Record<string, object>> | null
  readonly WorkingDir: string
  /** `null`: the image's; empty list or `[""]`: none. */
  readonly Entrypoint: readonly string[] | null
  readonly NetworkDisabled?: boolean
  readonly MacAddress?: string
  readonly OnBuild: readonly string[] | null
  readonly Labels: Readonly<Record<string, string>> | null
  /** `SIGTERM`, `15`; absent: the image's, then SIGTERM. */
  readonly StopSignal?: string
  /** Seconds; absent: 10. */
  readonly StopTimeout?: number
  readonly Shell?: readonly string[]
}

/** Times are nanoseconds; 0 or absent: inherited from the image, then Docker's default. */
export interface HealthConfig {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** Endpoints by network name or ID. */
export interface NetworkingConfig {
  readonly EndpointsConfig: Readonly<Record<string, EndpointSettings | null>> | null
}

/** The body of `POST /containers/create`: a {@link ContainerConfig} with two more fields. */
export interface ContainerCreateRequest extends ContainerConfig {
  readonly HostConfig: HostConfig
  readonly NetworkingConfig: NetworkingConfig
}

export interface ContainerCreateResponse {
  readonly Id: string
  readonly Warnings: readonly string[]
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface ContainerState {
  readonly Status: ContainerStatus
  /** True while paused or restarting, too. */
  readonly Running: boolean
  readonly Paused: boolean
  readonly Restarting: boolean
  readonly OOMKilled: boolean
  readonly Dead: boolean
  readonly Pid: number
  readonly ExitCode: number
  /** Why the last start failed, or empty. */
  readonly Error: string
  /** RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` when it never happened. */
  readonly StartedAt: string
  readonly FinishedAt: string
  readonly Health?: Health
}

export interface Health {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly FailingStreak: number
  readonly Log: readonly HealthcheckResult[] | null
}

export interface HealthcheckResult {
  readonly Start: string
  readonly End: string
  readonly ExitCode: number
  readonly Output: string
}

/** `GET /containers/{id}/json`. Fields in the order in which Docker writes them. */
export interface ContainerInspect {
  readonly Id: string
  /** RFC 3339 with nanoseconds. */
  readonly Created: string
  readonly Path: string
  readonly Args: readonly string[]
  readonly State: ContainerState
  /** Image ID. */
  readonly Image: string
  readonly ResolvConfPath: string
  readonly HostnamePath: string
  readonly HostsPath: string
  readonly LogPath: string
  /** With the leading slash. */
  readonly Name: string
  readonly RestartCount: number
  readonly Driver: string
  /** `linux`. */
  readonly Platform: string
  readonly MountLabel: string
  readonly ProcessLabel: string
  readonly AppArmorProfile: string
  /** `null` when there are none. */
  readonly ExecIDs: readonly string[] | null
  readonly HostConfig: HostConfig
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>> | null; readonly Name: string }
  /** Bytes; only when the sizes were asked for. */
  readonly SizeRw?: number
  readonly SizeRootFs?: number
  readonly Mounts: readonly MountPoint[]
  readonly Config: ContainerConfig
  readonly NetworkSettings: NetworkSettings
}

/** A mount of a container as it came out. */
export interface MountPoint {
  readonly Type: 'bind' | 'volume' | 'image' | 'tmpfs' | 'npipe' | 'cluster'
  readonly Name?: string
  readonly Source: string
  readonly Destination: string
  readonly Driver?: string
  readonly Mode: string
  readonly RW: boolean
  readonly Propagation: string
}

/** One container of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string
  /** With the leading slash. */
  readonly Names: readonly string[]
  /** As typed at create; the image ID when that name now means another image. */
  readonly Image: string
  readonly ImageID: string
  readonly Command: string
  /** Seconds since the epoch. */
  readonly Created: number
  readonly Ports: readonly Port[]
  readonly SizeRw?: number
  readonly SizeRootFs?: number
  readonly Labels: Readonly<Record<string, string>>
  readonly State: ContainerStatus
  /** For people: `Up 5 minutes`, `Exited (0) 2 hours ago`. */
  readonly Status: string
  readonly HostConfig: { readonly NetworkMode: string; readonly Annotations?: Readonly<Record<string, string>> }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointSettings>> }
  readonly Mounts: readonly MountPoint[]
}

export interface Port {
  readonly IP?: string
  readonly PrivatePort: number
  readonly PublicPort?: number
  readonly Type: 'tcp' | 'udp' | 'sctp'
}

/** `GET /containers/{id}/top`: what `ps` says; as many cells in a row as titles. */
export interface ContainerTop {
  readonly Titles: readonly string[]
  readonly Processes: readonly (readonly string[])[]
}

export interface WaitResponse {
  readonly StatusCode: number
  /** Present when waiting for the exit itself failed. */
  readonly Error?: { readonly Message: string }
}

/** One path of `GET /containers/{id}/changes`; Kind 0 modified, 1 added, 2 deleted. */
export interface FilesystemChange {
  readonly Kind: 0 | 1 | 2
  readonly Path: string
}

/** `POST /containers/prune`. */
export interface ContainersPruned {
  readonly ContainersDeleted: readonly string[] | null
  /** Bytes. */
  readonly SpaceReclaimed: number
}
