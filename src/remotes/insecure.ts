import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { StrataError } from '../std/index.ts'

/** Registries that may be spoken to without TLS or with a certificate that nobody vouches for. */
export interface InsecureRegistries {
  readonly hosts: ReadonlySet<string>
  readonly networks: BlockList
  /** Whether networks beyond the loopback ones are listed, so that names must be looked up. */
  readonly lookup: boolean
}

/**
 * Docker's `insecure-registries`: `host`, `host:port` or CIDR. Loopback is always among them.
 * Throws `invalid_argument` for a CIDR that is none.
 */
export function insecureRegistries(entries: readonly string[]): InsecureRegistries {
  const networks = new BlockList()
  networks.addSubnet('127.0.0.0', 8, 'ipv4')
  networks.addAddress('::1', 'ipv6')
  const hosts = new Set(['localhost'])
  let found = false
  for (const entry of entries) {
    const slash = entry.indexOf('/')
    if (slash < 0) {
      hosts.add(entry.toLowerCase())
      continue
    }
    const address = entry.slice(0, slash)
    const family = isIP(address)
    const bits = /^\d{1,3}$/.test(entry.slice(slash + 1)) ? Number(entry.slice(slash + 1)) : Number.NaN
    if (family === 0 || !(bits <= (family === 4 ? 32 : 128))) {
      throw new StrataError(
        'invalid_argument',
        `insecure registry ${entry} is not valid: invalid CIDR address: ${entry}`,
      )
    }
    networks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
    found = true
  }
  return { hosts, networks, lookup: found }
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
