import { join } from 'node:path'
import type {
  BindMountOption,
  MountOption,
  NamespaceOption,
  SeccompProfile,
  SecurityOptions,
  SpecOptions,
  Ulimit,
} from '../runtime/index.ts'
import { StrataError } from '../std/index.ts'
import type { Container, ContainerRecord, MountPoint } from './container.ts'

/** What a spec needs besides the container's record. */
export interface SpecContext {
  readonly rootfs: string
  /** Folder with this container's `hosts`, `hostname` and `resolv.conf`. */
  readonly folder: string
  readonly networkNamespace: NamespaceOption
  readonly cgroupParent: string
  readonly initPath: string
  /** Finds the container that a mode such as `container:web` names; it must run. */
  readonly peer: (name: string) => Container
}

/** Maps a container's config and host config onto the runtime's options. */
export function specOptions(record: ContainerRecord, context: SpecContext): SpecOptions {
  const { config, hostConfig } = record
  const uts = namespaceOf(hostConfig.UTSMode, 'uts', context)
  const options: SpecOptions = {
    id: record.id,
    rootfs: context.rootfs,
    readonlyRootfs: hostConfig.ReadonlyRootfs,
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: config.Env ?? [],
    cwd: config.WorkingDir || '/',
    user: config.User,
    groupAdd: hostConfig.GroupAdd ?? [],
    terminal: config.Tty,
    ...(uts === 'host' ? {} : { hostname: config.Hostname, domainname: config.Domainname }),
    privileged: hostConfig.Privileged,
    capAdd: hostConfig.CapAdd ?? [],
    capDrop: hostConfig.CapDrop ?? [],
    security: securityOptions(hostConfig.SecurityOpt ?? []),
    namespaces: {
      network: context.networkNamespace,
      pid: namespaceOf(hostConfig.PidMode, 'pid', context),
      ipc: namespaceOf(hostConfig.IpcMode, 'ipc', context),
      uts,
      ...(hostConfig.CgroupnsMode === 'host' || hostConfig.CgroupnsMode === 'private'
        ? { cgroup: hostConfig.CgroupnsMode }
        : {}),
    },
    mounts: [...record.mounts.map(mountOption), ...tmpfsMounts(record), ...ownFiles(record, context.folder)],
    devices: (hostConfig.Devices ?? []).map(device => ({
      pathOnHost: device.PathOnHost,
      pathInContainer: device.PathInContainer || device.PathOnHost,
      cgroupPermissions: device.CgroupPermissions || 'rwm',
    })),
    deviceCgroupRules: hostConfig.DeviceCgroupRules ?? [],
    resources: resources(record),
    ulimits: (hostConfig.Ulimits ?? []).map(
      (limit): Ulimit => ({ name: limit.Name, soft: limit.Soft, hard: limit.Hard }),
    ),
    sysctls: hostConfig.Sysctls ?? {},
    cgroupParent: `/${(hostConfig.CgroupParent || context.cgroupParent).replace(/^\/+/, '')}`,
    annotations: hostConfig.Annotations ?? {},
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
  if (mode?.startsWith('container:')) {
    return { path: `/proc/${context.peer(mode.slice('container:'.length)).record.state.pid}/ns/${kind}` }
  }
  return 'private'
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

/** Parses `--security-opt` values; Docker's text for one that it does not know. */
export function securityOptions(values: readonly string[]): SecurityOptions {
  let result: SecurityOptions = {}
  for (const value of values) {
    if (value === 'no-new-privileges') {
      result = { ...result, noNewPrivileges: true }
      continue
    }
    const at = value.search(/[=:]/)
    const key = at < 0 ? value : value.slice(0, at)
    const text = at < 0 ? '' : value.slice(at + 1)
    if (key === 'no-new-privileges') result = { ...result, noNewPrivileges: text === 'true' }
    else if (key === 'apparmor') result = { ...result, apparmor: text }
    else if (key === 'systempaths' && text === 'unconfined') result = { ...result, systemPathsUnconfined: true }
    // SELinux labels mean nothing where SELinux is not, as for dockerd.
    else if (key === 'label') continue
    else if (key === 'writable-cgroups' && text === 'false') continue
    else if (key === 'seccomp') result = { ...result, ...seccompOption(text) }
    else throw new StrataError('invalid_argument', `invalid --security-opt 2: "${value}"`)
  }
  return result
}

function seccompOption(text: string): SecurityOptions {
  if (text === 'unconfined') return { seccomp: 'unconfined' }
  if (text === '' || text === 'builtin') return {}
  try {
    return { seccomp: JSON.parse(text) as SeccompProfile }
  } catch (error) {
    throw new StrataError('invalid_argument', `Decoding seccomp profile failed: ${String(error)}`, { cause: error })
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
