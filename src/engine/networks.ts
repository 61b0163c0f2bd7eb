import type { Filters, NetworkInspect, NetworkMember } from '../apitypes/index.ts'
import { StrataError } from '../std/index.ts'
import { type ContainerRecord, networkMode } from './container.ts'
import type { EngineContext } from './context.ts'
import { now } from './create.ts'
import { exactTest, labelTest, patternTest } from './filter-values.ts'
import { endpointId, type NetworkName, networkDrivers, networkId, networkNames } from './predefined-networks.ts'

/** The networks that there are: `bridge`, `host` and `none`. `detailed`: with their containers. */
export async function listNetworks(
  context: EngineContext,
  options: { readonly filters: Filters; readonly detailed: boolean },
): Promise<NetworkInspect[]> {
  const { filters, detailed } = options
  const built = typeTest(filters) && danglingTest(filters)
  const [driven, scoped] = [exactTest(filters, 'driver'), exactTest(filters, 'scope')]
  const [named, identified, labelled] = [patternTest(filters, 'name'), patternTest(filters, 'id'), labelTest(filters)]
  const networks = await Promise.all(networkNames.map(name => describe(context, name)))
  return networks
    .filter(({ Name, Id, Driver, Scope, Labels }) => {
      return built && named(Name) && identified(Id) && driven(Driver) && scoped(Scope) && labelled(Labels)
    })
    .map(network => (detailed ? { ...network, Containers: membersOf(context, network) } : network))
}

/** One network by name, ID or the beginning of an ID. */
export async function inspectNetwork(
  context: EngineContext,
  id: string,
  { scope = 'local' }: { readonly scope?: string } = {},
): Promise<NetworkInspect> {
  const name = scope === 'local' ? findName(context, id) : undefined
  if (!name) throw new StrataError('not_found', `network ${id} not found`)
  const network = await describe(context, name)
  return { ...network, Containers: membersOf(context, network) }
}

function findName(context: EngineContext, text: string): NetworkName | undefined {
  const exact = networkNames.find(name => name === text || networkId(context, name) === text)
  if (exact || text === '') return exact
  const begun = networkNames.filter(name => networkId(context, name).startsWith(text))
  if (begun.length <= 1) return begun[0]
  throw new StrataError(
    'invalid_argument',
    `network ${text} is ambiguous (${begun.length} matches found based on ID prefix)`,
  )
}

async function describe(context: EngineContext, name: NetworkName): Promise<NetworkInspect> {
  const bridge = name === 'bridge' ? await context.bridge.start() : undefined
  return {
    Name: name,
    Id: networkId(context, name),
    Created: creationOf(context),
    Scope: 'local',
    Driver: networkDrivers[name],
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: bridge ? [{ Subnet: bridge.subnet, Gateway: bridge.gateway }] : null,
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: {},
    Options: bridge ? bridgeOptions(bridge.bridge) : {},
    Labels: {},
  }
}

function bridgeOptions(interfaceName: string): Readonly<Record<string, string>> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': interfaceName,
    'com.docker.network.driver.mtu': '1500',
  }
}

/** When the networks came into being: with the engine's first start on its data root. */
export function creationOf(context: EngineContext): string {
  const table = context.metadata.table<{ readonly created: string }>('networks')
  const known = table.get('predefined')
  if (known) return known.created
  const created = now()
  table.put('predefined', { created })
  return created
}

function membersOf(context: EngineContext, network: NetworkInspect): Readonly<Record<string, NetworkMember>> {
  const members = context.containers
    .all()
    .filter(({ running, record }) => running && networkMode(record.hostConfig.NetworkMode)?.kind === network.Name)
    .map(({ record }) => [record.id, memberOf(record, network.Id)] as const)
  return Object.fromEntries(members)
}

function memberOf(record: ContainerRecord, network: string): NetworkMember {
  const { name, endpoint } = record
  return {
    Name: name,
    EndpointID: endpointId(record, network),
    MacAddress: endpoint?.macAddress ?? '',
    IPv4Address: endpoint ? `${endpoint.address}/${endpoint.prefixLength}` : '',
    IPv6Address: '',
  }
}

/** Whether predefined networks are of a wanted type. */
function typeTest(filters: Filters): boolean {
  const types = filters.get('type') ?? []
  const unknown = types.find(type => type !== 'builtin' && type !== 'custom')
  if (unknown !== undefined) throw new StrataError('internal', `invalid filter: 'type'='${unknown}'`)
  return types.length === 0 || types.includes('builtin')
}

/** Whether predefined networks pass the filter `dangling`: they never are. */
function danglingTest(filters: Filters): boolean {
  const [value, ...more] = (filters.get('dangling') ?? []).map(text => text.toLowerCase())
  if (value === undefined) return true
  if (more.length > 0) throw new StrataError('invalid_argument', 'got more than one value for filter key "dangling"')
  if (value === 'false' || value === '0') return true
  if (value === 'true' || value === '1') return false
  throw new StrataError(
    'invalid_argument',
    `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`,
  )
}
