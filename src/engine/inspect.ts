import { join } from 'node:path'
import type {
  MountPoint as ApiMountPoint,
  ContainerInspect,
  ContainerState,
  EndpointSettings,
  NetworkSettings,
  PortMap,
} from '../apitypes/index.ts'
import { machineCgroups } from '../runtime/index.ts'
import { type ContainerRecord, type MountPoint, networkMode, never } from './container.ts'
import { type EngineContext, findSettled } from './context.ts'
import { initLinks } from './init-files.ts'
import { folderOf, logPathOf } from './network-setup.ts'
import { endpointId, networkId } from './predefined-networks.ts'
import { statusOf } from './status-text.ts'

/** Everything about one container, in the shape of `docker inspect`. */
export async function inspectContainer(
  context: EngineContext,
  id: string,
  options: { readonly size: boolean },
): Promise<ContainerInspect> {
  const container = await findSettled(context, id)
  const { record } = container
  const folder = folderOf(context, record.id)
  const [path = '', ...args] = [...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])]
  const file = (name: string) => (record.state.startedAt.startsWith('0001') ? '' : join(folder, name))
  const execs = [...context.execs.values()].filter(exec => exec.container === container && exec.state !== 'exited')
  return {
    Id: record.id,
    Created: record.created,
    Path: path,
    Args: args,
    State: stateOf(record),
    Image: record.image,
    ResolvConfPath: file('resolv.conf'),
    HostnamePath: file('hostname'),
    HostsPath: file('hosts'),
    LogPath:
      record.hostConfig.LogConfig.Type === 'none' ? '' : file(logPathOf(context, record.id).slice(folder.length + 1)),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: context.layers.name,
    Platform: record.platform.os,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execs.length > 0 ? execs.map(exec => exec.id) : null,
    HostConfig: { ...record.hostConfig, ...(await defaultsShown(context, record)) },
    GraphDriver: { Data: context.layers.describe(record.id), Name: context.layers.name },
    ...(options.size ? await sizes(context, record) : {}),
    Mounts: record.mounts.map(apiMount),
    Config: record.config,
    NetworkSettings: networkSettings(context, record),
  }
}

/** What inspect shows where the client said nothing and dockerd fills in its default. */
async function defaultsShown(
  context: EngineContext,
  record: ContainerRecord,
): Promise<Partial<ContainerInspect['HostConfig']>> {
  const { hostConfig } = record
  const maskless = hostConfig.Privileged
  const cgroups = await machineCgroups()
  return {
    NetworkMode:
      hostConfig.NetworkMode === '' || hostConfig.NetworkMode === 'default' ? 'bridge' : hostConfig.NetworkMode,
    CgroupnsMode: hostConfig.CgroupnsMode || (cgroups.version === 2 ? 'private' : 'host'),
    IpcMode: hostConfig.IpcMode || 'private',
    Runtime: hostConfig.Runtime || context.config.defaultRuntime,
    ShmSize: hostConfig.ShmSize || 64 * 2 ** 20,
    LogConfig: {
      Type: hostConfig.LogConfig.Type || 'json-file',
      Config: hostConfig.LogConfig.Config ?? {},
    },
    MaskedPaths: hostConfig.MaskedPaths ?? (maskless ? null : context.config.maskedPaths),
    ReadonlyPaths: hostConfig.ReadonlyPaths ?? (maskless ? null : context.config.readonlyPaths),
  }
}

/** Bytes that a container has written, and of all that it sees. */
export async function sizes(
  context: EngineContext,
  record: ContainerRecord,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const { size } = await context.layers.usage(record.id, { withoutLinks: initLinks })
  let below = 0
  for (const layer of record.layers) below += (await context.layers.info(layer)).size
  return { SizeRw: size, SizeRootFs: below + size }
}

function stateOf(record: ContainerRecord): ContainerState {
  const { state } = record
  return {
    Status: statusOf(state),
    Running: state.status === 'running' || state.restarting,
    Paused: state.paused,
    Restarting: state.restarting,
    OOMKilled: state.oomKilled,
    Dead: state.status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
  }
}

export function apiMount(mount: MountPoint): ApiMountPoint {
  return {
    Type: mount.type,
    ...(mount.name === undefined ? {} : { Name: mount.name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.type === 'volume' ? { Driver: 'local' } : {}),
    Mode: mount.mode,
    RW: mount.writable,
    Propagation: mount.propagation,
  }
}

const nothing = {
  IPv6Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
}

/** The one network that a container is in, by the name that Docker gives it. */
export function networks(context: EngineContext, record: ContainerRecord): Readonly<Record<string, EndpointSettings>> {
  const mode = networkMode(record.hostConfig.NetworkMode)
  if (!mode || mode.kind === 'container') return {}
  const { endpoint, state } = record
  const network = networkId(context, mode.kind)
  return {
    [mode.kind]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: endpoint?.macAddress ?? '',
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: state.startedAt === never ? '' : network,
      EndpointID: state.status === 'running' ? endpointId(record, network) : '',
      Gateway: endpoint?.gateway ?? '',
      IPAddress: endpoint?.address ?? '',
      IPPrefixLen: endpoint?.prefixLength ?? 0,
      ...nothing,
      DNSNames: null,
    },
  }
}

function networkSettings(context: EngineContext, record: ContainerRecord): NetworkSettings {
  const { endpoint } = record
  return {
    Bridge: '',
    SandboxID: record.sandboxPath === undefined ? '' : record.id,
    SandboxKey: record.sandboxPath ?? '',
    Ports: portMap(record),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint?.gateway ?? '',
    ...nothing,
    IPAddress: endpoint?.address ?? '',
    IPPrefixLen: endpoint?.prefixLength ?? 0,
    MacAddress: endpoint?.macAddress ?? '',
    Networks: networks(context, record),
  }
}

/** Exposed ports and where they are published; empty while the container does not run. */
function portMap(record: ContainerRecord): PortMap {
  if (record.state.status !== 'running' || !record.endpoint) return {}
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  for (const port of Object.keys(record.config.ExposedPorts ?? {})) map[port] = null
  for (const port of record.endpoint.ports) {
    const key = `${port.containerPort}/${port.protocol}`
    map[key] = [...(map[key] ?? []), { HostIp: port.hostIp, HostPort: String(port.hostPort) }]
  }
  return map
}
