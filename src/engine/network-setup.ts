import { readFile, writeFile } from 'node:fs/promises'
import { hostname as hostName } from 'node:os'
import { join } from 'node:path'
import type { ContainerConfig } from '../apitypes/index.ts'
import { type Endpoint, hostsFile, readHostResolvConf, resolvConf } from '../network/index.ts'
import type { NamespaceOption } from '../runtime/index.ts'
import { isStrataError, StrataError } from '../std/index.ts'
import { type Container, type ContainerRecord, networkMode } from './container.ts'
import { type EngineContext, publish } from './context.ts'
import { linkedHosts, linksOf } from './links.ts'
import { portBindings } from './ports.ts'
import { type NetworkName, networkDrivers, networkId } from './predefined-networks.ts'
import { parseMac } from './requests/check-endpoints.ts'
import { statusOf } from './status-text.ts'

/** The network side of a container about to start. */
export interface NetworkSetup {
  readonly namespace: NamespaceOption
  readonly sandboxPath?: string
  readonly endpoint?: Endpoint
  /** The config with the names of the network's owner. */
  readonly config?: ContainerConfig
  /** Folder whose `hosts`, `hostname` and `resolv.conf` the container gets. */
  readonly folder: string
}

/** The folder of a container's own files. */
export function folderOf(context: EngineContext, id: string): string {
  return join(context.config.dataRoot, 'containers', id)
}

/** Where the json-file log of a container is. */
export function logPathOf(context: EngineContext, id: string): string {
  return join(folderOf(context, id), `${id}-json.log`)
}

/** Joins the network that the container's mode names, and writes its files. Undo with {@link tearDownNetwork}. */
export async function setUpNetwork(context: EngineContext, record: ContainerRecord): Promise<NetworkSetup> {
  const mode = networkMode(record.hostConfig.NetworkMode)
  if (!mode) {
    const text = `failed to set up container networking: network ${record.hostConfig.NetworkMode} not found`
    throw new StrataError('not_found', text)
  }
  const folder = folderOf(context, record.id)
  if (mode.kind === 'container') {
    const peer = findPeer(context, mode.container)
    if (peer.id === record.id) throw new StrataError('invalid_argument', 'cannot join own network')
    if (!peer.running) {
      const { name, state } = peer.record
      const text = `cannot join network namespace of a non running container: container ${name} is ${statusOf(state)}`
      throw new StrataError('conflict', text)
    }
    const { Hostname, Domainname } = peer.record.config
    return {
      namespace: { path: `/proc/${peer.record.state.pid}/ns/net` },
      folder: folderOf(context, peer.id),
      config: { ...record.config, Hostname, Domainname },
    }
  }
  const setup =
    mode.kind === 'host' ? await joinHost(context, record, folder) : await joinSandbox(context, record, folder)
  tell(context, { ...record, ...setup }, 'connect')
  return setup
}

/** The host's own files, unless the user asks for more. */
async function joinHost(context: EngineContext, record: ContainerRecord, folder: string): Promise<NetworkSetup> {
  const { config, hostConfig } = record
  const asks = [hostConfig.Dns, hostConfig.DnsSearch, hostConfig.DnsOptions].some(said => said?.length)
  await writeFiles(folder, {
    hosts: hostConfig.ExtraHosts?.length ? ownHosts(record, undefined, []) : await readFile('/etc/hosts', 'utf8'),
    hostname: `${config.Hostname || hostName()}\n`,
    'resolv.conf': asks ? await ownResolvConf(context, record) : await readFile('/etc/resolv.conf', 'utf8'),
  })
  return { namespace: 'host', folder }
}

/** A network namespace of its own, on the bridge if that is the container's network. */
async function joinSandbox(context: EngineContext, record: ContainerRecord, folder: string): Promise<NetworkSetup> {
  const sandboxPath = await context.sandboxes.create(record.id)
  let endpoint: Endpoint | undefined
  try {
    if (ownNetwork(record) === 'bridge') endpoint = await attachToBridge(context, record, sandboxPath)
    await writeOwnFiles(context, record, endpoint)
  } catch (error) {
    if (endpoint) await context.bridge.detach(record.id)
    await context.sandboxes.remove(record.id)
    throw error
  }
  return { namespace: { path: sandboxPath }, sandboxPath, folder, ...(endpoint ? { endpoint } : {}) }
}

/** The network that a container joins by itself, if it joins one. */
function ownNetwork({ config, hostConfig }: ContainerRecord): NetworkName | undefined {
  const mode = networkMode(hostConfig.NetworkMode)
  return !mode || mode.kind === 'container' || config.NetworkDisabled ? undefined : mode.kind
}

function tell(context: EngineContext, record: ContainerRecord, action: 'connect' | 'disconnect'): void {
  const name = ownNetwork(record)
  if (name === undefined || (name === 'bridge' && !record.endpoint)) return
  const attributes = { container: record.id, name, type: networkDrivers[name] }
  publish(context, 'network', action, networkId(context, name), attributes)
}

function findPeer(context: EngineContext, name: string): Container {
  try {
    return context.containers.find(name)
  } catch (error) {
    if (!isStrataError(error)) throw error
    throw new StrataError('internal', `joining network namespace of container: ${error.message}`, { cause: error })
  }
}

async function attachToBridge(context: EngineContext, record: ContainerRecord, sandboxPath: string): Promise<Endpoint> {
  try {
    return await context.bridge.attach({
      sandboxId: record.id,
      sandboxPath,
      endpointName: record.name,
      ports: portBindings(record.config, record.hostConfig),
      ...(record.macAddress ? { macAddress: parseMac(record.macAddress) ?? record.macAddress } : {}),
    })
  } catch (error) {
    if (!isStrataError(error)) throw error
    throw new StrataError(error.code, `failed to set up container networking: ${error.message}`, { cause: error })
  }
}

async function writeOwnFiles(
  context: EngineContext,
  record: ContainerRecord,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const links = endpoint ? linkedHosts(record, linksOf(context, record)) : []
  await writeFiles(folderOf(context, record.id), {
    hosts: ownHosts(record, endpoint, links),
    hostname: `${record.config.Hostname}\n`,
    'resolv.conf': await ownResolvConf(context, record),
  })
}

function ownHosts(
  { config, hostConfig }: ContainerRecord,
  endpoint: Endpoint | undefined,
  links: readonly string[],
): string {
  return hostsFile({
    hostname: config.Hostname,
    domainname: config.Domainname,
    ...(endpoint ? { address: endpoint.address, hostGateway: endpoint.gateway } : {}),
    extraHosts: [...(hostConfig.ExtraHosts ?? []), ...links],
  })
}

async function ownResolvConf({ config }: EngineContext, { hostConfig }: ContainerRecord): Promise<string> {
  const said = (own: readonly string[] | null, general: readonly string[]) => (own?.length ? own : general)
  const { text, path } = await readHostResolvConf()
  return resolvConf(text, {
    path,
    dns: said(hostConfig.Dns, config.dns),
    search: said(hostConfig.DnsSearch, config.dnsSearch),
    options: said(hostConfig.DnsOptions, config.dnsOpts),
  })
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o644 })))
}

/** Gives back sandbox, address and ports. */
export async function tearDownNetwork(context: EngineContext, record: ContainerRecord): Promise<void> {
  if (record.endpoint) await context.bridge.detach(record.id)
  tell(context, record, 'disconnect')
  if (record.sandboxPath !== undefined) await context.sandboxes.remove(record.id)
}
