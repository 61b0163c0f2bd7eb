/**
 * What a container's OCI runtime spec is made from: Docker's `Config` and `HostConfig`, resolved. Names follow Docker's
 * (`CapAdd` is `capAdd`); what needs the engine's knowledge (paths of namespaces, of volumes, of `/etc/hosts`) arrives here
 * as plain paths. Absent always means Docker's default.
 */
export interface SpecOptions {
  /** The container's ID: the default host name is its first 12 characters, the cgroup is named after it. */
  readonly id: string
  /** Absolute path of the mounted root file system. User names are looked up in it; symlinks never lead out of it. */
  readonly rootfs: string
  readonly readonlyRootfs?: boolean
  /** Entrypoint and command, joined. Empty: `invalid_argument`, "no command specified". */
  readonly args: readonly string[]
  /** `KEY=value`, the image's first, then the container's; of equal keys the last one stands. `PATH`, `HOSTNAME`, `TERM` (terminal) are added. */
  readonly env?: readonly string[]
  /** Working directory, absolute; made (as root, 0755) when missing. Default `/`. */
  readonly cwd?: string
  /** `user`, `uid`, `user:group`, `uid:gid` …; default root. */
  readonly user?: string
  /** Supplementary groups, by name or number. */
  readonly groupAdd?: readonly string[]
  readonly terminal?: boolean
  readonly hostname?: string
  readonly domainname?: string

  /** All capabilities, all devices, no seccomp, no masked paths, writable /sys and cgroups. */
  readonly privileged?: boolean
  /** With or without `CAP_`, any case, or `ALL`. */
  readonly capAdd?: readonly string[]
  readonly capDrop?: readonly string[]
  readonly security?: SecurityOptions
  readonly namespaces?: NamespaceOptions
  /** Binds, volumes and tmpfs, in any order; `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` are binds too. */
  readonly mounts?: readonly MountOption[]
  /** Bytes of /dev/shm; default 64 MiB; 0: none. Not used when `mounts` has a /dev/shm, or with a joined IPC namespace. */
  readonly shmSize?: number
  readonly devices?: readonly DeviceOption[]
  /** Rules as Docker's `--device-cgroup-rule`: `c 42:* rmw`. */
  readonly deviceCgroupRules?: readonly string[]
  readonly resources?: ResourceOptions
  readonly ulimits?: readonly Ulimit[]
  /** -1000 to 1000; raised to what this process may set when it lacks CAP_SYS_RESOURCE. */
  readonly oomScoreAdj?: number
  /** Added to the default ones; those that belong to a namespace shared with the host are refused by the runtime. */
  readonly sysctls?: Readonly<Record<string, string>>
  /** Folder on the host that is /dev/shm, instead of an own tmpfs. */
  readonly sharedMemory?: string
  /** Path on the host of an init program (docker-init, tini) that becomes pid 1 (`--init`). */
  readonly initPath?: string
  /** Parent of the container's cgroup, as `/strata`; default {@link defaultCgroupParent}. */
  readonly cgroupParent?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Instead of the default ones; empty: none. */
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
}

export interface SecurityOptions {
  /** `unconfined`, or a profile in the form of Docker's JSON (`--security-opt seccomp=file`). Absent: the default profile. */
  readonly seccomp?: 'unconfined' | SeccompProfile
  readonly noNewPrivileges?: boolean
  /** Name of a loaded profile, or `unconfined`. Without AppArmor in the kernel it is ignored. */
  readonly apparmor?: string
  /** The container may change its own cgroups. */
  readonly writableCgroups?: boolean
}

/**
 * `private`: an own one. `host`: the host's. A path: join it (`/proc/<pid>/ns/ipc`, `/run/…/netns/<id>`); `shared` when
 * another container uses it too, as paths in /proc always are: nothing in it is changed then.
 */
export type NamespaceOption = 'private' | 'host' | { readonly path: string; readonly shared?: boolean }

export interface NamespaceOptions {
  /** Default `private`, which has a loopback only as the kernel makes it (down): give a prepared one by path. */
  readonly network?: NamespaceOption
  readonly pid?: NamespaceOption
  readonly ipc?: NamespaceOption
  readonly uts?: NamespaceOption
  /** Default `private` on cgroup v2, `host` on v1. */
  readonly cgroup?: 'private' | 'host'
  /** Default `host`. A private one needs the mappings. */
  readonly user?: { readonly uidMappings: readonly IdMapping[]; readonly gidMappings: readonly IdMapping[] }
}

export interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

export type MountOption = BindMountOption | TmpfsMountOption

export interface BindMountOption {
  readonly type: 'bind'
  /** Absolute path on the host; must exist. */
  readonly source: string
  readonly destination: string
  readonly readonly?: boolean
  /** Default `rprivate`. */
  readonly propagation?: 'private' | 'rprivate' | 'slave' | 'rslave' | 'shared' | 'rshared'
  /** Binds the mounts below the source too; default true. */
  readonly recursive?: boolean
}

export interface TmpfsMountOption {
  readonly type: 'tmpfs'
  readonly destination: string
  /** As in `--tmpfs /x:rw,size=64m,mode=1777`; added to `noexec,nosuid,nodev`. */
  readonly options?: string
}

export interface DeviceOption {
  /** Path on the host: a device node, or a folder whose device nodes are all added. */
  readonly pathOnHost: string
  /** Default: the same path. */
  readonly pathInContainer?: string
  /** Of `rwm`; default all. */
  readonly cgroupPermissions?: string
}

/** Docker's `Resources`. Bytes, microseconds, and 1e-9 CPUs, as there; 0 or absent: no limit. -1 as in Docker: unlimited. */
export interface ResourceOptions {
  readonly memory?: number
  /** Memory and swap together; -1 unlimited swap. */
  readonly memorySwap?: number
  readonly memoryReservation?: number
  readonly memorySwappiness?: number
  readonly oomKillDisable?: boolean
  readonly cpuShares?: number
  readonly cpuPeriod?: number
  readonly cpuQuota?: number
  readonly nanoCpus?: number
  readonly cpuRealtimePeriod?: number
  readonly cpuRealtimeRuntime?: number
  readonly cpusetCpus?: string
  readonly cpusetMems?: string
  readonly pidsLimit?: number
  readonly blkioWeight?: number
  readonly blkioWeightDevice?: readonly { readonly path: string; readonly weight: number }[]
  readonly blkioDeviceReadBps?: readonly ThrottleDevice[]
  readonly blkioDeviceWriteBps?: readonly ThrottleDevice[]
  readonly blkioDeviceReadIOps?: readonly ThrottleDevice[]
  readonly blkioDeviceWriteIOps?: readonly ThrottleDevice[]
}

export interface ThrottleDevice {
  readonly path: string
  readonly rate: number
}

/** Name as `nofile`; -1 is unlimited. Clamped to this machine's hard limits where CAP_SYS_RESOURCE is missing. */
export interface Ulimit {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

/** What an exec's `process` is made from. */
export interface ExecProcessOptions {
  /** The spec of the container, as {@link createSpec} made it. */
  readonly spec: object
  readonly rootfs: string
  readonly args: readonly string[]
  /** Added to the container's own. */
  readonly env?: readonly string[]
  /** Default: the container's. */
  readonly user?: string
  readonly cwd?: string
  readonly terminal?: boolean
  readonly privileged?: boolean
  /** The container's `groupAdd`. */
  readonly groupAdd?: readonly string[]
}

/** Docker's seccomp profile format: the runtime spec's, with `archMap` and with rules that depend on capabilities and kernel. */
export interface SeccompProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly architectures?: readonly string[]
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[]
  readonly syscalls?: readonly SeccompRule[]
  readonly flags?: readonly string[]
  readonly listenerPath?: string
  readonly listenerMetadata?: string
}

export interface SeccompRule {
  readonly names?: readonly string[]
  readonly name?: string
  readonly action: string
  readonly errnoRet?: number
  readonly args?:
    | readonly { readonly index: number; readonly value: number; readonly valueTwo?: number; readonly op: string }[]
    | null
  readonly includes?: SeccompFilter
  readonly excludes?: SeccompFilter
}

export interface SeccompFilter {
  readonly caps?: readonly string[]
  readonly arches?: readonly string[]
  readonly minKernel?: string
}
