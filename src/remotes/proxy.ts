import { BlockList, isIP } from 'node:net'
import { StrataError } from '../std/index.ts'

/** Which proxy requests take, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say it. */
export interface Proxies {
  /** For `http:` URLs. */
  readonly http?: string
  /** For `https:` URLs. */
  readonly https?: string
  /** Hosts that are asked directly, separated by commas: names (with all names below), `.name` (only those below), addresses, CIDRs, each with an optional port; `*` for all. */
  readonly no?: string
}

/** The proxy for a URL; undefined: none. */
export type ProxyOf = (url: URL) => URL | undefined

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** Loopback is always asked directly. Throws `invalid_argument` for a proxy that is no HTTP URL. */
export function createProxyOf({ http, https, no = '' }: Proxies): ProxyOf {
  const proxies: Readonly<Record<string, URL | undefined>> = {
    'http:': parseProxy('HTTP proxy', http),
    'https:': parseProxy('HTTPS proxy', https),
  }
  const exempt = [isLoopback, ...no.split(',').flatMap(entry => parseEntry(entry.trim().toLowerCase()))]
  return url => {
    const proxy = proxies[url.protocol]
    if (!proxy) return undefined
    const target = { host: hostOf(url), port: url.port || DEFAULT_PORTS[url.protocol]! }
    return exempt.some(test => test(target)) ? undefined : proxy
  }
}

/** `Proxy-Authorization` for the user and password in a proxy's URL. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '') return undefined
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(plain).toString('base64')}`
}

/** A proxy as it may be shown: with `xxxxx` for its user and password, as Docker has it. */
export function maskProxy(text: string): string {
  const url = URL.parse(text)
  if (!url || (url.username === '' && url.password === ''))
    return text.includes('@') ? text.replace(/^.*@/, 'xxxxx:xxxxx@') : text
  url.username = 'xxxxx'
  url.password = 'xxxxx'
  return url.pathname === '/' && !text.endsWith('/') ? url.href.slice(0, -1) : url.href
}

function parseProxy(name: string, text: string | undefined): URL | undefined {
  if (!text) return undefined
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  // Without the text itself: it may hold a password.
  throw new StrataError('invalid_argument', `invalid ${name}: must be a URL of http:// or https://`)
}

interface Target {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: string
}

type Exemption = (target: Target) => boolean

function parseEntry(entry: string): Exemption[] {
  if (entry === '') return []
  if (entry === '*') return [() => true]
  const slash = entry.indexOf('/')
  if (slash > 0) {
    const address = entry.slice(0, slash)
    const bits = Number(entry.slice(slash + 1))
    const family = isIP(address)
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return []
    const network = new BlockList()
    network.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
    return [({ host }) => isIP(host) === family && network.check(host, family === 4 ? 'ipv4' : 'ipv6')]
  }
  const url = isIP(entry) === 6 ? URL.parse(`x://[${entry}]`) : URL.parse(`x://${entry.replace(/^\*?\./, '')}`)
  if (!url || url.hostname === '') return []
  const name = hostOf(url)
  const onlyBelow = entry.startsWith('.') || entry.startsWith('*.')
  const matches = (host: string) => (host === name && !onlyBelow) || (isIP(host) === 0 && host.endsWith(`.${name}`))
  return [({ host, port }) => matches(host) && (url.port === '' || url.port === port)]
}

function isLoopback({ host }: Target): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
