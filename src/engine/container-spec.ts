import { join } from 'node:path'
import { parseWhole, read, struct } from '../gojson/index.ts'
import type {
  BindMountOption,
  MountOption,
  NamespaceOption,
  SeccompProfile,
  SecurityOptions,
  SpecOptions,
  Ulimit,
} from '../runtime/index.ts'
import { type ErrorCode, messageOf, StrataError } from '../std/index.ts'
import type { Container, ContainerRecord, MountPoint } from './container.ts'
import { parseSecurityOptions } from './requests/security-options.ts'

/** What a spec needs besides the container's record. */
export interface SpecContext {
  readonly rootfs: string
  /** Folder with this container's `hosts`, `hostname` and `resolv.conf`. */
  readonly folder: string
  readonly networkNamespace: NamespaceOption
  readonly cgroupParent: string
  readonly initPath: string
  /** Folder that is /dev/shm; undefined: one of its own, or the host's. Throws Docker's refusal to join another one's. */
  readonly sharedMemory: () => string | undefined
  /** Of linked containers; the container's own ones go over them. */
  readonly linkVariables: readonly string[]
  /** Finds the container that a mode such as `container:web` names; it must run. */
  readonly peer: (name: string) => Container
}

/** Maps a container's config and host config onto the runtime's options. */
export function specOptions(record: ContainerRecord, context: SpecContext): SpecOptions {
  const { config, hostConfig } = record
  const namespaces = {
    network: context.networkNamespace,
    pid: namespaceOf(hostConfig.PidMode, 'pid', context),
    ipc: namespaceOf(hostConfig.IpcMode, 'ipc', context),
    uts: namespaceOf(hostConfig.UTSMode, 'uts', context),
  }
  const sharedMemory = context.sharedMemory()
  const options: SpecOptions = {
    id: record.id,
    rootfs: context.rootfs,
    readonlyRootfs: hostConfig.ReadonlyRootfs,
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: [...context.linkVariables, ...(config.Env ?? [])],
    cwd: config.WorkingDir || '/',
    user: config.User,
    groupAdd: hostConfig.GroupAdd ?? [],
    terminal: config.Tty,
    hostname: config.Hostname,
    domainname: config.Domainname,
    privileged: hostConfig.Privileged,
    capAdd: hostConfig.CapAdd ?? [],
    capDrop: hostConfig.CapDrop ?? [],
    security: securityOptions(hostConfig.SecurityOpt ?? []),
    namespaces: {
      ...namespaces,
      ...(hostConfig.CgroupnsMode === 'host' || hostConfig.CgroupnsMode === 'private'
        ? { cgroup: hostConfig.CgroupnsMode }
        : {}),
    },
    mounts: [...record.mounts.map(mountOption), ...tmpfsMounts(record), ...ownFiles(record, context.folder)],
    devices: (hostConfig.Devices ?? []).map(device => ({
      pathOnHost: device.PathOnHost,
      pathInContainer: device.PathInContainer || device.PathOnHost,
      cgroupPermissions: device.CgroupPermissions,
    })),
    deviceCgroupRules: hostConfig.DeviceCgroupRules ?? [],
    resources: resources(record),
    ulimits: (hostConfig.Ulimits ?? []).map(
      (limit): Ulimit => ({ name: limit.Name, soft: limit.Soft, hard: limit.Hard }),
    ),
    sysctls: hostConfig.Sysctls ?? {},
    cgroupParent: `/${(hostConfig.CgroupParent || context.cgroupParent).replace(/^\/+/, '')}`,
    annotations: hostConfig.Annotations ?? {},
    ...(sharedMemory === undefined ? {} : { sharedMemory }),
    ...(hostConfig.IpcMode === 'none' ? { shmSize: 0 } : hostConfig.ShmSize ? { shmSize: hostConfig.ShmSize } : {}),
    ...(hostConfig.OomScoreAdj ? { oomScoreAdj: hostConfig.OomScoreAdj } : {}),
    ...(hostConfig.Init ? { initPath: context.initPath } : {}),
    ...(hostConfig.MaskedPaths ? { maskedPaths: hostConfig.MaskedPaths } : {}),
    ...(hostConfig.ReadonlyPaths ? { readonlyPaths: hostConfig.ReadonlyPaths } : {}),
  }
  return options
}

function namespaceOf(mode: string | undefined, kind: 'pid' | 'ipc' | 'uts', context: SpecContext): NamespaceOption {
  if (mode === 'host') return 'host'
  if (!mode?.startsWith('container:')) return 'private'
  const peer = peerOf(mode.slice('container:'.length), kind, context)
  return { path: `/proc/${peer.record.state.pid}/ns/${kind}` }
}

/** The running container whose namespace is joined, or Docker's refusal. */
function peerOf(name: string, kind: 'pid' | 'ipc' | 'uts', context: SpecContext): Container {
  const failed = (code: ErrorCode, why: string, cause?: unknown) =>
    new StrataError(code, `failed to join ${kind.toUpperCase()} namespace: ${why}`, { cause })
  let peer: Container
  try {
    peer = context.peer(name)
  } catch (error) {
    throw failed('invalid_argument', messageOf(error), error)
  }
  if (!peer.running) throw failed(kind === 'ipc' ? 'conflict' : 'internal', `container ${peer.id} is not running`)
  return peer
}

function mountOption(mount: MountPoint): MountOption {
  if (mount.type === 'tmpfs') return { type: 'tmpfs', destination: mount.destination, options: mount.mode }
  return {
    type: 'bind',
    source: mount.source,
    destination: mount.destination,
    readonly: !mount.writable,
    ...(mount.recursive === undefined ? {} : { recursive: mount.recursive }),
    ...(mount.propagation === ''
      ? {}
      : { propagation: mount.propagation as NonNullable<BindMountOption['propagation']> }),
  }
}

function tmpfsMounts(record: ContainerRecord): MountOption[] {
  return Object.entries(record.hostConfig.Tmpfs ?? {}).map(([destination, options]) => ({
    type: 'tmpfs',
    destination,
    options,
  }))
}

/** The files that the engine writes for each container, unless the user mounts something over them. */
function ownFiles(record: ContainerRecord, folder: string): MountOption[] {
  const taken = new Set(record.mounts.map(mount => mount.destination))
  return ['hosts', 'hostname', 'resolv.conf']
    .filter(name => !taken.has(`/etc/${name}`))
    .map(name => ({
      type: 'bind',
      source: join(folder, name),
      destination: `/etc/${name}`,
      readonly: record.hostConfig.ReadonlyRootfs,
    }))
}

/** What `--security-opt` says, its seccomp profile read. */
function securityOptions(values: readonly string[]): SecurityOptions {
  const { seccomp, ...options } = parseSecurityOptions(values)
  return { ...options, ...seccompOption(seccomp ?? '') }
}

function seccompOption(text: string): SecurityOptions {
  if (text === 'unconfined') return { seccomp: 'unconfined' }
  if (text === '' || text === 'builtin') return {}
  try {
    // Only the kind of the whole is looked at; the rest is the runtime's to judge.
    read(struct<object>('seccomp.Seccomp', {}), parseWhole(text))
    return { seccomp: (JSON.parse(text) ?? {}) as SeccompProfile }
  } catch (error) {
    throw new StrataError('internal', `Decoding seccomp profile failed: ${messageOf(error)}`, { cause: error })
  }
}

function resources(record: ContainerRecord): NonNullable<SpecOptions['resources']> {
  const { hostConfig } = record
  const throttle = (list: readonly { readonly Path: string; readonly Rate: number }[] | null | undefined) =>
    (list ?? []).map(device => ({ path: device.Path, rate: device.Rate }))
  return {
    memory: hostConfig.Memory,
    memorySwap: hostConfig.MemorySwap,
    memoryReservation: hostConfig.MemoryReservation,
    ...(hostConfig.MemorySwappiness === null ? {} : { memorySwappiness: hostConfig.MemorySwappiness }),
    oomKillDisable: hostConfig.OomKillDisable ?? false,
    cpuShares: hostConfig.CpuShares,
    cpuPeriod: hostConfig.CpuPeriod,
    cpuQuota: hostConfig.CpuQuota,
    nanoCpus: hostConfig.NanoCpus,
    cpuRealtimePeriod: hostConfig.CpuRealtimePeriod,
    cpuRealtimeRuntime: hostConfig.CpuRealtimeRuntime,
    cpusetCpus: hostConfig.CpusetCpus,
    cpusetMems: hostConfig.CpusetMems,
    pidsLimit: hostConfig.PidsLimit ?? 0,
    blkioWeight: hostConfig.BlkioWeight,
    blkioWeightDevice: (hostConfig.BlkioWeightDevice ?? []).map(device => ({
      path: device.Path,
      weight: device.Weight,
    })),
    blkioDeviceReadBps: throttle(hostConfig.BlkioDeviceReadBps),
    blkioDeviceWriteBps: throttle(hostConfig.BlkioDeviceWriteBps),
    blkioDeviceReadIOps: throttle(hostConfig.BlkioDeviceReadIOps),
    blkioDeviceWriteIOps: throttle(hostConfig.BlkioDeviceWriteIOps),
  }
}
