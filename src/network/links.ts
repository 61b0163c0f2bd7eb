import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { attempt, run } from './commands.ts'
import { parseSubnet, type Subnet } from './ipv4.ts'

/**
 * Interfaces, by way of ip(8). All host sides of an instance's veth pairs are in one interface group, which is how
 * they are found again; those that are waiting to be deleted are in a second one.
 */
export interface LinkScope {
  readonly bridge: string
  readonly liveGroup: number
  readonly deadGroup: number
}

/** Groups of its own for each instance: two numbers of 31 bits that its name determines. */
export function groupsOf(instance: string): Pick<LinkScope, 'liveGroup' | 'deadGroup'> {
  const even = (createHash('sha256').update(instance).digest().readUInt32BE(0) >>> 1) & ~1
  return { liveGroup: even + 2, deadGroup: even + 3 }
}

export interface VethOptions {
  readonly hostInterface: string
  readonly sandboxPath: string
  readonly address: string
  readonly prefixLength: number
  readonly gateway: string
  readonly macAddress: string
}

/** Addresses and routes of this machine that a new subnet must not overlap; the default route isn't one of them. */
export async function usedSubnets(): Promise<Subnet[]> {
  const [addresses, routes] = await Promise.all([
    run(['ip', '-4', '-j', 'address', 'show']),
    run(['ip', '-4', '-j', 'route', 'show', 'table', 'all']),
  ])
  const interfaces = parseJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(addresses)
  const texts = [
    ...interfaces.flatMap(({ addr_info }) => addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ...parseJson<{ dst?: string }>(routes).map(({ dst }) => dst ?? ''),
  ]
  return texts
    .map(parseSubnet)
    .filter(subnet => subnet !== undefined)
    .filter(subnet => subnet.prefixLength > 0)
}

/** The subnet of a bridge that exists; undefined when it doesn't, or has no address. */
export async function bridgeSubnet(bridge: string): Promise<Subnet | undefined> {
  const { status, stdout } = await attempt(['ip', '-4', '-j', 'address', 'show', 'dev', bridge])
  if (status !== 0) return undefined
  const info = parseJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(stdout)
  const own = info.flatMap(({ addr_info }) => addr_info ?? [])[0]
  return own && parseSubnet(`${own.local}/${own.prefixlen}`)
}

/** Makes the bridge, or brings one that exists into shape; `gateway` becomes its address. */
export async function makeBridge(bridge: string, gateway: string, prefixLength: number): Promise<void> {
  await attempt(['ip', 'link', 'add', bridge, 'type', 'bridge'])
  const lines = [
    `address replace ${gateway}/${prefixLength} broadcast + dev ${bridge}`,
    `link set ${bridge} addrgenmode none`,
    `link set ${bridge} up`,
  ]
  await batch(lines)
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1')
}

/** Makes the pair, one end at the bridge and the other as `eth0` of the sandbox, with address and default route. */
export async function makeVeth(scope: LinkScope, options: VethOptions): Promise<void> {
  const { hostInterface, sandboxPath, address, prefixLength, gateway, macAddress } = options
  await batch([
    `link add ${hostInterface} group ${scope.liveGroup} master ${scope.bridge} type veth` +
      ` peer name eth0 address ${macAddress} netns ${sandboxPath}`,
    `link set ${hostInterface} addrgenmode none up`,
  ])
  const inside = [
    'link set eth0 addrgenmode none up',
    `address add ${address}/${prefixLength} broadcast + dev eth0`,
    `route add default via ${gateway}`,
  ]
  await run(['nsenter', `--net=${sandboxPath}`, 'ip', '-batch', '-'], `${inside.join('\n')}\n`)
}

/** Cuts a host side off from the bridge and marks it for {@link deleteDeadVeths}. Quick; quiet when there is none. */
export async function cutVeth(scope: LinkScope, hostInterface: string): Promise<void> {
  await attempt(['ip', 'link', 'set', hostInterface, 'nomaster', 'down', 'group', String(scope.deadGroup)])
}

/** Deletes all that were cut off: one wait of the kernel (about 20 ms) for any number of them. */
export async function deleteDeadVeths(scope: LinkScope): Promise<void> {
  await attempt(['ip', 'link', 'delete', 'group', String(scope.deadGroup)])
}

/** Host sides of this instance that are in use. */
export async function liveVeths(scope: LinkScope): Promise<string[]> {
  const text = await run(['ip', '-j', 'link', 'show', 'group', String(scope.liveGroup)])
  return parseJson<{ ifname?: string }>(text).flatMap(({ ifname }) => ifname ?? [])
}

/** Puts host sides back to the bridge, where someone took them off (or removed the bridge). */
export async function reattachVeths(scope: LinkScope, hostInterfaces: readonly string[]): Promise<void> {
  await batch(hostInterfaces.map(name => `link set ${name} master ${scope.bridge} up`))
}

export async function deleteLink(name: string): Promise<void> {
  await attempt(['ip', 'link', 'delete', name])
}

async function batch(lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await run(['ip', '-batch', '-'], `${lines.join('\n')}\n`)
}

/** ip(8) prints nothing at all, or an array with empty objects, where it has nothing to tell. */
function parseJson<T>(text: string): T[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as T[])
}
