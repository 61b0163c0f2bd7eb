import { join } from 'node:path'
import type {
  MountPoint as ApiMountPoint,
  ContainerConfig,
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
import { linksOf } from './links.ts'
import { folderOf, logPathOf } from './network-setup.ts'
import { shownPort } from './ports.ts'
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
    Config: configShown(record),
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
  const links = linksOf(context, record)
  return {
    Links: links.length > 0 ? links.map(({ alias, peer }) => `/${peer.record.name}:/${record.name}/${alias}`) : null,
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

/** A MAC address is shown where it counts, however it was asked for. */
function configShown({ config, hostConfig, macAddress }: ContainerRecord): ContainerConfig {
  const { MacAddress: _, ...rest } = config
  const bridged = networkMode(hostConfig.NetworkMode)?.kind === 'bridge'
  return bridged && macAddress !== undefined ? { ...rest, MacAddress: macAddress } : rest
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
  if (mode?.kind === 'container' || record.config.NetworkDisabled) return {}
  const { endpoint, state } = record
  // A network that is not there is told all the same.
  const network = mode ? networkId(context, mode.kind) : ''
  return {
    [mode?.kind ?? record.hostConfig.NetworkMode]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: endpoint?.macAddress ?? macAddressAsked(record),
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

/** Of the bridge's interface, while there is none yet. */
function macAddressAsked({ hostConfig, macAddress = '' }: ContainerRecord): string {
  return networkMode(hostConfig.NetworkMode)?.kind === 'bridge' ? macAddress : ''
}

/** The ID and the path of the network namespace that is a container's own, or the host's. */
function sandboxOf({ id, hostConfig, sandboxPath, state }: ContainerRecord): { SandboxID: string; SandboxKey: string } {
  const onHost = hostConfig.NetworkMode === 'host' && state.status === 'running'
  const path = onHost ? `/proc/${state.pid}/ns/net` : sandboxPath
  return path === undefined ? { SandboxID: '', SandboxKey: '' } : { SandboxID: id, SandboxKey: path }
}

function networkSettings(context: EngineContext, record: ContainerRecord): NetworkSettings {
  const { endpoint } = record
  return {
    Bridge: '',
    ...sandboxOf(record),
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
    MacAddress: endpoint?.macAddress ?? macAddressAsked(record),
    Networks: networks(context, record),
  }
}

/** Exposed ports and where they are published; empty while the container does not run. */
function portMap(record: ContainerRecord): PortMap {
  if (record.state.status !== 'running' || !record.endpoint) return {}
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  for (const port of Object.keys(record.config.ExposedPorts ?? {})) map[shownPort(port)] = null
  for (const port of record.endpoint.ports) {
    const key = `${port.containerPort}/${port.protocol}`
    map[key] = [...(map[key] ?? []), { HostIp: port.hostIp, HostPort: String(port.hostPort) }]
  }
  return map
}
