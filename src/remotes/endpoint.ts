import { StrataError } from '../std/index.ts'
import { type InsecureTest, insecureRegistries } from './insecure.ts'

/** Where a registry may answer. */
export interface Endpoint {
  /** `https://host[:port]`, no path, without the port that the scheme has anyway. */
  readonly origin: string
  /** What goes before `/v2/` at some mirrors: `/hub`; empty otherwise. */
  readonly prefix: string
  /** Whether its certificate must be good. */
  readonly verify: boolean
}

/** One registry that serves a domain: its mirrors and itself. */
export interface Source {
  /** Tells sources apart: the domain, or the URL of a mirror. */
  readonly name: string
  /** Mirrors get no credentials, are only read from, and are not believed. */
  readonly mirror: boolean
  /** Where it may answer, to be tried in order until one does. */
  readonly endpoints: readonly Endpoint[]
}

/** Key of the configuration file: what is special about a registry. */
export interface RegistrySettings {
  /** URLs; read from in this order before the registry itself. */
  readonly mirrors?: readonly string[]
  /** Nothing is asked of it, nor of its mirrors. */
  readonly blocked?: boolean
}

export interface RegistryDirectoryOptions {
  /** Docker's `insecure-registries`. */
  readonly insecureRegistries?: readonly string[]
  /** Docker's `registry-mirrors`: those of docker.io. */
  readonly mirrors?: readonly string[]
  /** By domain: `docker.io`, `registry.example:5000`. */
  readonly registries?: Readonly<Record<string, RegistrySettings>>
}

/** What is known of registries before any of them is asked. */
export interface RegistryDirectory {
  /** Where a domain's images can be read, in order; the registry itself is the last. Throws `forbidden` when it is blocked. */
  sources(domain: string): Promise<readonly [...Source[], Source]>
  /** The registry itself. Throws `forbidden` when it is blocked. */
  origin(domain: string): Promise<Source>
  /** Whether the certificate of this host (with port) need not be good. */
  insecure(host: string): Promise<boolean>
}

const HUB = 'docker.io'
const HUB_HOST = 'registry-1.docker.io'
const HUB_NAMES = new Set([HUB, 'index.docker.io', HUB_HOST])

/** Throws `invalid_argument` for settings that can't be followed. */
export function createRegistryDirectory(options: RegistryDirectoryOptions): RegistryDirectory {
  const insecure = insecureRegistries(options.insecureRegistries ?? [])
  const settings = new Map<string, { readonly blocked: boolean; readonly mirrors: readonly string[] }>()
  for (const [domain, { mirrors = [], blocked = false }] of Object.entries(options.registries ?? {})) {
    settings.set(normalise(domain), { blocked, mirrors: mirrors.map(parseMirror) })
  }
  if (options.mirrors?.length) {
    const hub = settings.get(HUB)
    if (hub?.mirrors.length) {
      throw new StrataError(
        'invalid_argument',
        `mirrors of ${HUB} are given both by registry-mirrors and by registries`,
      )
    }
    settings.set(HUB, { blocked: hub?.blocked ?? false, mirrors: options.mirrors.map(parseMirror) })
  }

  async function origin(name: string): Promise<Source> {
    const domain = normalise(name)
    if (settings.get(domain)?.blocked) {
      throw new StrataError('forbidden', `registry ${domain} is blocked by the configuration`)
    }
    return { name: domain, mirror: false, endpoints: await endpointsOf(domain, insecure) }
  }

  return {
    origin,
    async sources(name) {
      const own = await origin(name)
      const mirrors = settings.get(own.name)?.mirrors ?? []
      return [...(await Promise.all(mirrors.map(mirror => mirrorSource(mirror, insecure)))), own]
    },
    insecure,
  }
}

function normalise(domain: string): string {
  return HUB_NAMES.has(domain) ? HUB : domain
}

async function endpointsOf(domain: string, insecure: InsecureTest): Promise<Endpoint[]> {
  if (domain === HUB) return [endpointAt(`https://${HUB_HOST}`, true)]
  if (!(await insecure(domain))) return [endpointAt(`https://${domain}`, true)]
  return [endpointAt(`https://${domain}`, false), endpointAt(`http://${domain}`, false)]
}

function endpointAt(address: string, verify: boolean): Endpoint {
  const { origin, pathname } = new URL(address)
  return { origin, prefix: pathname.replace(/\/+$/, ''), verify }
}

async function mirrorSource(mirror: string, insecure: InsecureTest): Promise<Source> {
  const verify = !(await insecure(new URL(mirror).host))
  return { name: mirror, mirror: true, endpoints: [endpointAt(mirror, verify)] }
}

/** The URL of a mirror without a slash at its end. Throws `invalid_argument` with Docker's text. */
function parseMirror(text: string): string {
  const scheme = /^([^:]+):\/\//.exec(text)?.[1]
  const wanted = `must use either 'https://' or 'http://'`
  if (scheme === undefined) throw invalidMirror(`no scheme specified for "${text}": ${wanted}`)
  const url = URL.parse(text)
  if (!url) throw invalidMirror(`"${text}" is not a valid URI`)
  if (url.username !== '' || url.password !== '') {
    url.password = 'xxxxx'
    throw invalidMirror(`username/password not allowed in URI "${url.href}"`)
  }
  if (scheme !== 'http' && scheme !== 'https') {
    throw invalidMirror(`unsupported scheme "${scheme}" in "${text}": ${wanted}`)
  }
  if (url.search !== '' || url.hash !== '') throw invalidMirror(`query or fragment at end of the URI "${text}"`)
  return url.href.replace(/\/+$/, '')
}

function invalidMirror(problem: string): StrataError {
  return new StrataError('invalid_argument', `invalid mirror: ${problem}`)
}
