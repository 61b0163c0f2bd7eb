import { isIPv6 } from 'node:net'
import { attempt, run } from './commands.ts'
import { formatSubnet, type Subnet } from './ipv4.ts'
import type { Endpoint } from './network.ts'

/** Where a table of rules applies. */
export interface NatScope {
  /** Name of the nftables table (family ip): ours alone. */
  readonly table: string
  readonly bridge: string
  readonly subnet: Subnet
}

/** One published port as an element of one of the table's maps. */
interface Element {
  readonly map: string
  readonly key: string
  readonly value: string
}

type Published = Pick<Endpoint, 'address' | 'ports'>

/** Makes the table anew with the ports of all `endpoints`, in one transaction: at no moment is a rule missing. */
export async function writeNatTable(scope: NatScope, endpoints: Iterable<Published>): Promise<void> {
  await run(['nft', '-f', '-'], natTable(scope, endpoints))
}

/** Publishes the ports of one more endpoint. False when the table isn't there (any more). */
export async function publishPorts(table: string, endpoint: Published): Promise<boolean> {
  const lines = elementsOf(endpoint).map(
    ({ map, key, value }) => `add element ip ${table} ${map} { ${key} : ${value} }`,
  )
  return (await attempt(['nft', '-f', '-'], `${lines.join('\n')}\n`)).status === 0
}

/** The opposite of {@link publishPorts}. False when not everything was there. */
export async function withdrawPorts(table: string, endpoint: Published): Promise<boolean> {
  const lines = elementsOf(endpoint).map(({ map, key }) => `delete element ip ${table} ${map} { ${key} }`)
  return (await attempt(['nft', '-f', '-'], `${lines.join('\n')}\n`)).status === 0
}

export async function hasNatTable(table: string): Promise<boolean> {
  return (await run(['nft', 'list', 'tables', 'ip'])).split('\n').includes(`table ip ${table}`)
}

export async function removeNatTable(table: string): Promise<void> {
  await run(['nft', '-f', '-'], `add table ip ${table}\ndelete table ip ${table}\n`)
}

function elementsOf(endpoint: Published): Element[] {
  const translated = endpoint.ports.filter(({ hostIp }) => !isIPv6(hostIp)) // the others are relayed
  return translated.map(({ protocol, hostIp, hostPort, containerPort }) => {
    const value = `${endpoint.address} . ${containerPort}`
    return hostIp === '0.0.0.0'
      ? { map: `${protocol}_ports`, key: `${hostPort}`, value }
      : { map: `${protocol}_ports_at`, key: `${hostIp} . ${hostPort}`, value }
  })
}

/**
 * The script that makes the table.
 *
 * - A published port is an element of a map, so that any number of ports costs one look-up a connection.
 * - `prerouting` serves other machines and containers, `output` this machine itself, loopback included; addresses of
 *   the loopback net are never translated for what came in from outside (a port published at 127.0.0.1 stays private).
 * - Traffic that goes back to the bridge after translation (a container that uses a published port, its own too) is
 *   masqueraded, since otherwise the answer would take the short way and not be translated back.
 * - `guard`: the bridge routes loopback addresses (`route_localnet`, needed for `output`), so containers could reach
 *   what listens on the machine's 127.0.0.1; they must not.
 * - `forward`: only published ports of a container are open to other networks, even to one that has a route to us.
 */
export function natTable({ table, bridge, subnet }: NatScope, endpoints: Iterable<Published>): string {
  const net = formatSubnet(subnet)
  const elements = [...endpoints].flatMap(elementsOf)
  const mapOf = (name: string, keyType: string) => {
    const own = elements.filter(element => element.map === name)
    const filled = own.length > 0 ? `elements = { ${own.map(({ key, value }) => `${key} : ${value}`).join(', ')} }` : ''
    return `  map ${name} {\n    type ${keyType} : ipv4_addr . inet_service\n    ${filled}\n  }`
  }
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
${mapOf('tcp_ports', 'inet_service')}
${mapOf('udp_ports', 'inet_service')}
${mapOf('tcp_ports_at', 'ipv4_addr . inet_service')}
${mapOf('udp_ports_at', 'ipv4_addr . inet_service')}
  chain published {
    dnat to ip daddr . tcp dport map @tcp_ports_at
    dnat to tcp dport map @tcp_ports
    dnat to ip daddr . udp dport map @udp_ports_at
    dnat to udp dport map @udp_ports
  }
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifname "${bridge}" ip daddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 127.0.0.0/8 return
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump published
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname != "${bridge}" accept
    ct state established,related accept
    iifname "${bridge}" accept
    ct status dnat accept
    drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${net} oifname != { "${bridge}", "lo" } masquerade
    ip saddr ${net} oifname "${bridge}" ct status dnat masquerade
    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade
  }
}
`
}
