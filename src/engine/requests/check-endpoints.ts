import { isIP, isIPv4, isIPv6 } from 'node:net'
import type { ContainerCreateRequest, EndpointSettings } from '../../apitypes/index.ts'
import { refused } from './refusal.ts'

/** The MAC address that was asked for, as it was written. Throws Docker's text for what the networks can't do. */
export function checkEndpoints(request: ContainerCreateRequest): string | undefined {
  const endpoints = Object.entries(request.NetworkingConfig.EndpointsConfig ?? {})
  const own = request.MacAddress || undefined
  let asked = own
  for (const [name, endpoint] of endpoints) {
    const failed = (why: string) =>
      refused(`invalid config for network ${name === 'default' ? 'bridge' : name}: ${why}`)
    if (endpoint === null) throw failed('EndpointsConfig is nil')
    const reasons = unmet(endpoint)
    const listed = reasons.length === 1 ? reasons : reasons.map(reason => `* ${reason}`)
    if (reasons.length > 0) throw failed(`invalid endpoint settings:\n${listed.join('\n')}`)
    if (own !== undefined && endpoint.MacAddress && endpoint.MacAddress !== own) {
      throw refused(
        'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
      )
    }
    asked = endpoint.MacAddress || asked
  }
  if (asked !== undefined && parseMac(asked) === undefined) {
    throw refused(`invalid config for network bridge: invalid MAC address ${asked}`)
  }
  return asked
}

/** What the settings ask for that only networks of a user's own have, or nobody. */
function unmet({ Aliases: aliases, IPAMConfig: addresses }: EndpointSettings): string[] {
  const { IPv4Address: v4, IPv6Address: v6, LinkLocalIPs: linkLocal } = addresses ?? {}
  const wantsAddress = Boolean(v4 || v6)
  return [
    ...(wantsAddress ? ['user specified IP address is supported on user defined networks only'] : []),
    ...((aliases ?? []).length > 0
      ? ['network-scoped alias is supported only for containers in user defined networks']
      : []),
    ...(v4 && !isIPv4(v4) ? [`invalid IPv4 address: ${v4}`] : []),
    ...(v6 && !isIPv6(v6) ? [`invalid IPv6 address: ${v6}`] : []),
    ...(linkLocal ?? [])
      .filter(address => address !== '' && isIP(address) === 0)
      .map(address => `invalid link-local IP address: ${address}`),
    ...(wantsAddress
      ? ['user specified IP address is supported only when connecting to networks with user configured subnets']
      : []),
  ]
}

/** Six bytes as `02:42:…`, from one of the three ways of writing them; undefined for anything else. */
export function parseMac(text: string): string | undefined {
  const known = /^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})$/i
  if (!known.test(text)) return undefined
  return text
    .toLowerCase()
    .replaceAll(/[^0-9a-f]/g, '')
    .replaceAll(/..(?=.)/g, '$&:')
}

/**
 * The one network that a container is to be in: that of its mode, else the one that it has an endpoint in. Throws
 * `invalid_argument` for several.
 */
export function networkAsked({ HostConfig, NetworkingConfig }: ContainerCreateRequest): string {
  const { NetworkMode: mode } = HostConfig
  if (mode.startsWith('container:')) return mode
  const common = (name: string) => (name === '' || name === 'default' ? 'bridge' : name)
  const named = Object.keys(NetworkingConfig.EndpointsConfig ?? {}).map(common)
  const isDefault = ['', 'default'].includes(mode)
  const names = new Set([...(isDefault && named.length > 0 ? [] : [common(mode)]), ...named])
  if (names.size > 1) {
    throw refused(`Container cannot be created with multiple network endpoints: ${[...names].join(', ')}`)
  }
  const [name = mode] = names
  return isDefault && name === 'bridge' ? mode : name
}
