import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { isDomain } from '../reference/index.ts'
import { StrataError } from '../std/index.ts'

/** Registries that may be spoken to without TLS or with a certificate that nobody vouches for. */
export interface InsecureRegistries {
  readonly hosts: ReadonlySet<string>
  readonly networks: BlockList
  /** Whether networks beyond the loopback ones are listed, so that names must be looked up. */
  readonly lookup: boolean
}

/** Entries of Docker's `insecure-registries` by what they are: `host` or `host:port`, and CIDRs. */
export interface InsecureEntries {
  readonly hosts: readonly string[]
  readonly networks: readonly string[]
}

/** Sorts them; a scheme before a host is dropped, as in dockerd. Throws `invalid_argument` with Docker's text. */
export function insecureEntries(entries: readonly string[]): InsecureEntries {
  const plain = entries.map(entry => ({ entry, text: entry.replace(/^https?:\/\//i, '') }))
  const hosts = plain.filter(({ text }) => !isNetwork(text))
  for (const { entry, text } of hosts) {
    const problem = problemOf(text)
    if (problem) throw new StrataError('invalid_argument', `insecure registry ${entry} is not valid: ${problem}`)
  }
  return { hosts: hosts.map(({ text }) => text), networks: plain.map(({ text }) => text).filter(isNetwork) }
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/')
  const family = isIP(address)
  return family !== 0 && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

function problemOf(host: string): string | undefined {
  if (isIP(host) !== 0) return undefined
  if (!isDomain(host)) return `invalid host ${JSON.stringify(host)}`
  const port = /:(\d+)$/.exec(host)?.[1]
  return port !== undefined && Number(port) > 65_535 ? `invalid port ${JSON.stringify(port)}` : undefined
}

/**
 * Docker's `insecure-registries`. Loopback is always among them. Throws `invalid_argument` for what is neither a host nor
 * a CIDR.
 */
export function insecureRegistries(entries: readonly string[]): InsecureRegistries {
  const sorted = insecureEntries(entries)
  const networks = new BlockList()
  networks.addSubnet('127.0.0.0', 8, 'ipv4')
  networks.addAddress('::1', 'ipv6')
  for (const network of sorted.networks) {
    const [address = '', bits] = network.split('/')
    networks.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  const hosts = new Set(['localhost', ...sorted.hosts.map(host => host.toLowerCase())])
  return { hosts, networks, lookup: sorted.networks.length > 0 }
}

/** Whether a host (with an optional port) is listed, by name or by address. */
export async function isInsecure(domain: string, insecure: InsecureRegistries): Promise<boolean> {
  const url = URL.parse(`http://${domain}`)
  if (!url) return false
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (insecure.hosts.has(domain.toLowerCase()) || insecure.hosts.has(host)) return true
  const listed = (address: string) => {
    const family = isIP(address)
    return family !== 0 && insecure.networks.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
  if (isIP(host) !== 0) return listed(host)
  if (!insecure.lookup) return false
  try {
    return (await lookup(host, { all: true })).some(({ address }) => listed(address))
  } catch {
    return false
  }
}
