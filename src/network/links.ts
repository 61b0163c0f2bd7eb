import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { routeRequest } from '../host/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'
import { attempt, run } from './commands.ts'
import { parseAddress, parseSubnet, type Subnet } from './ipv4.ts'
import { addAddress, addDefaultRoute, addVeth, deleteGroup, setHairpin, setLink } from './route-messages.ts'

/**
 * Interfaces. What happens for each container goes to the kernel by netlink messages (1 ms in all), the rest by ip(8). All host sides of an instance's veth pairs are in one interface group, which is how
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

/** Address and prefix (as `172.17.0.1/16`) of a bridge that exists; undefined when it doesn't, or has none. */
export async function bridgeAddress(bridge: string): Promise<string | undefined> {
  const { status, stdout } = await attempt(['ip', '-4', '-j', 'address', 'show', 'dev', bridge])
  if (status !== 0) return undefined
  const info = parseJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(stdout)
  const own = info.flatMap(({ addr_info }) => addr_info ?? [])[0]
  return own && `${own.local}/${own.prefixlen}`
}

/** Makes the bridge, or brings one that exists into shape; `gateway` becomes its address. Resolves with its index. */
export async function makeBridge(bridge: string, gateway: string, prefixLength: number): Promise<number> {
  await attempt(['ip', 'link', 'add', bridge, 'type', 'bridge'])
  const before = await bridgeAddress(bridge)
  if (before && before !== `${gateway}/${prefixLength}`) await run(['ip', '-4', 'address', 'flush', 'dev', bridge])
  const lines = [
    `address replace ${gateway}/${prefixLength} broadcast + dev ${bridge}`,
    `link set ${bridge} addrgenmode none`,
    `link set ${bridge} up`,
  ]
  await run(['ip', '-batch', '-'], `${lines.join('\n')}\n`)
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1')
  const [found] = parseJson<{ ifindex: number }>(await run(['ip', '-j', 'link', 'show', 'dev', bridge]))
  return found!.ifindex
}

/** Makes the pair, one end at the bridge and the other as `eth0` of the sandbox, with address and default route. */
export async function makeVeth(scope: LinkScope, master: number, options: VethOptions): Promise<void> {
  const { hostInterface, sandboxPath, address, prefixLength, gateway, macAddress } = options
  const pair = { name: 'eth0', macAddress, peerName: hostInterface, peerPid: process.pid }
  const add = (index: number) => routeRequest([addVeth({ ...pair, index })], sandboxPath)
  const index = await firstFree(add).catch(error => {
    if (errnoOf(error) !== 'EADDRNOTAVAIL') throw error
    const setting = `error setting interface "${hostInterface}" MAC to "${macAddress}"`
    const text = `failed to add interface ${hostInterface} to sandbox: ${setting}: cannot assign requested address`
    throw new StrataError('internal', text, { cause: error })
  })
  await Promise.all([
    routeRequest(
      [
        setLink(index, { up: true, ipv4Only: true }),
        addAddress(index, parseAddress(address)!, prefixLength),
        addDefaultRoute(parseAddress(gateway)!),
      ],
      sandboxPath,
    ),
    joinBridge(scope, master, hostInterface),
  ])
}

/** Makes a host side a port of the bridge, also where someone took it off again. */
export async function joinBridge(scope: LinkScope, master: number, hostInterface: string): Promise<void> {
  await routeRequest([
    setLink(0, { name: hostInterface, group: scope.liveGroup, master, up: true, ipv4Only: true }),
    // With bridge-nf-call-iptables a container's packet to its own published port goes back where it came from.
    setHairpin(hostInterface),
  ])
}

/** Cuts a host side off from the bridge and marks it for {@link deleteDeadVeths}. Quick; quiet when there is none. */
export async function cutVeth(scope: LinkScope, hostInterface: string): Promise<void> {
  await unlessGone(routeRequest([setLink(0, { name: hostInterface, master: 0, group: scope.deadGroup, up: false })]))
}

/** Deletes all that were cut off: one wait of the kernel (about 20 ms) for any number of them. */
export async function deleteDeadVeths(scope: LinkScope): Promise<void> {
  await unlessGone(routeRequest([deleteGroup(scope.deadGroup)]))
}

/** Host sides of this instance that are in use. */
export async function liveVeths(scope: LinkScope): Promise<string[]> {
  const text = await run(['ip', '-j', 'link', 'show', 'group', String(scope.liveGroup)])
  return parseJson<{ ifname?: string }>(text).flatMap(({ ifname }) => ifname ?? [])
}

/** Deletes an interface if it is there. */
export async function deleteLink(name: string): Promise<void> {
  await attempt(['ip', 'link', 'delete', name])
}

/** An index for `eth0`: 2, as in Docker's containers, unless the kernel gives every namespace devices of its own. */
async function firstFree(use: (index: number) => Promise<void>): Promise<number> {
  try {
    await use(2)
    return 2
  } catch (error) {
    if (errnoOf(error) !== 'EBUSY') throw error
    await use(100)
    return 100
  }
}

async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (errnoOf(error) !== 'ENODEV') throw error
  }
}

/** ip(8) prints nothing at all, or an array with empty objects, where it has nothing to tell. */
function parseJson<T>(text: string): T[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as T[])
}
