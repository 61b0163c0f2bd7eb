import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { isDomain } from '../reference/index.ts'
import { StrataError } from '../std/index.ts'

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

/** Whether the registry at a host, with or without a port, may be spoken to without TLS or with a certificate that nobody vouches for. */
export type InsecureTest = (host: string) => Promise<boolean>

/** How long the addresses of a name count, in milliseconds. */
const REMEMBERED = 30_000

/**
 * Docker's `insecure-registries`. A host is listed for the port that its entry has, that of TLS when there is none; a
 * network for all that have an address in it, by name too. Loopback is always among them. Throws `invalid_argument` for
 * what is neither a host nor a CIDR.
 */
export function insecureRegistries(
  entries: readonly string[],
  { find = addressesOf, now = () => performance.now() }: Partial<Surroundings> = {},
): InsecureTest {
  const { hosts, networks } = insecureEntries(entries)
  const listed = new Set(hosts.map(host => hostOf(isIP(host) === 6 ? `[${host}]` : host)))
  const ranges = new BlockList()
  for (const network of ['127.0.0.0/8', '::1/128', ...networks]) {
    const [address = '', bits] = network.split('/')
    ranges.addSubnet(address, Number(bits), familyOf(address))
  }
  const inRange = (address: string) => isIP(address) !== 0 && ranges.check(address, familyOf(address))
  const known = new Map<string, { readonly until: number; readonly answer: Promise<boolean> }>()

  return async host => {
    const url = URL.parse(`https://${host}`)
    if (!url) return false
    if (listed.has(url.host)) return true
    const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (name === 'localhost') return true
    if (isIP(name) !== 0) return inRange(name)
    for (const [each, { until }] of known) if (until <= now()) known.delete(each)
    const answer = known.get(name)?.answer ?? find(name).then(addresses => addresses.some(inRange))
    if (!known.has(name)) known.set(name, { until: now() + REMEMBERED, answer })
    return answer
  }
}

interface Surroundings {
  /** The addresses of a name; none when it has none. */
  readonly find: (name: string) => Promise<readonly string[]>
  /** Milliseconds of a clock. */
  readonly now: () => number
}

async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

/** As URLs of TLS have it: in lower case, without its port. */
function hostOf(entry: string): string {
  return URL.parse(`https://${entry}`)?.host ?? entry
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}
