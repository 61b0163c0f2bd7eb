import { readFile } from 'node:fs/promises'
import { maskProxy, type Proxies, type RegistrySettings } from '../remotes/index.ts'
import { errnoOf, StrataError } from '../std/index.ts'
import { checkConfig } from './check-config.ts'

/**
 * The engine's configuration: one schema for the flags of `strata engine` and the keys of its configuration file. Keys that
 * Docker's `daemon.json` has keep their names and meanings.
 */
export interface DaemonConfig {
  /** Where the API listens: `unix:///run/strata.sock`, `tcp://127.0.0.1:2375`. */
  readonly hosts: readonly string[]
  readonly dataRoot: string
  readonly execRoot: string
  readonly pidfile: string | undefined
  readonly logLevel: string
  readonly storageDriver: string | undefined
  readonly bridge: string
  /** Address and prefix of the bridge (`172.29.0.1/16`); chosen among free ones when absent. */
  readonly bip: string | undefined
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly dnsOpts: readonly string[]
  readonly insecureRegistries: readonly string[]
  /** URLs; docker.io is read from them, in this order, before Docker Hub itself. */
  readonly registryMirrors: readonly string[]
  /** What is special about a registry, by its domain. */
  readonly registries: Readonly<Record<string, RegistrySettings>>
  /** Folder with a folder of certificates for each host; absent: Strata's own, then Docker's. */
  readonly certsDir: string | undefined
  readonly httpProxy: string | undefined
  readonly httpsProxy: string | undefined
  readonly noProxy: string | undefined
  readonly maxConcurrentDownloads: number
  readonly maxDownloadAttempts: number
  readonly maxConcurrentUploads: number
  readonly maxUploadAttempts: number
  /** How layers are compressed that no registry has in a compressed form: `gzip`, `zstd` or `none`. */
  readonly pushCompression: string
  /** gzip: 0 (fastest) to 3 (smallest), 1 when absent; zstd: 1 to 19, 3 when absent. */
  readonly pushCompressionLevel: number | undefined
  /** The most bytes that one layer may have when uncompressed. */
  readonly maxLayerSize: number
  /** Seconds that removed images and moved names can be restored; 0: they can't. */
  readonly imageUndoPeriod: number
  /** Bytes that are to be free on the disk: with fewer, what could be restored goes, the oldest first. */
  readonly imageUndoReserve: number
  /** Whether compressed layers are kept beside the layers made of them; costs their size on disk. */
  readonly keepCompressedLayers: boolean
  /** Platforms that a pull brings when none is asked for, or `all`; the host's when empty. */
  readonly pullPlatforms: readonly string[]
  readonly defaultRuntime: string
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>
  readonly cgroupParent: string
  readonly logOpts: Readonly<Record<string, string>>
  readonly labels: readonly string[]
  /** Whether containers go on when the engine is told to end; they always survive its crash. */
  readonly liveRestore: boolean
  readonly shutdownTimeout: number
}

type Kind = 'string' | 'number' | 'boolean' | 'strings' | 'map' | 'runtimes' | 'registries'

interface Option {
  readonly field: keyof DaemonConfig
  readonly kind: Kind
  readonly initial: DaemonConfig[keyof DaemonConfig]
}

const option = (field: keyof DaemonConfig, kind: Kind, initial: Option['initial']): Option => ({ field, kind, initial })

/** Every key of the configuration file. */
const options: Readonly<Record<string, Option>> = {
  hosts: option('hosts', 'strings', ['unix:///run/strata.sock']),
  'data-root': option('dataRoot', 'string', '/var/lib/strata'),
  'exec-root': option('execRoot', 'string', '/run/strata'),
  pidfile: option('pidfile', 'string', undefined),
  'log-level': option('logLevel', 'string', 'info'),
  'storage-driver': option('storageDriver', 'string', undefined),
  bridge: option('bridge', 'string', 'strata0'),
  bip: option('bip', 'string', undefined),
  dns: option('dns', 'strings', []),
  'dns-search': option('dnsSearch', 'strings', []),
  'dns-opts': option('dnsOpts', 'strings', []),
  'insecure-registries': option('insecureRegistries', 'strings', []),
  'registry-mirrors': option('registryMirrors', 'strings', []),
  registries: option('registries', 'registries', {}),
  'certs-dir': option('certsDir', 'string', undefined),
  'http-proxy': option('httpProxy', 'string', undefined),
  'https-proxy': option('httpsProxy', 'string', undefined),
  'no-proxy': option('noProxy', 'string', undefined),
  'max-concurrent-downloads': option('maxConcurrentDownloads', 'number', 3),
  'max-download-attempts': option('maxDownloadAttempts', 'number', 5),
  'max-concurrent-uploads': option('maxConcurrentUploads', 'number', 5),
  'max-upload-attempts': option('maxUploadAttempts', 'number', 5),
  'push-compression': option('pushCompression', 'string', 'gzip'),
  'push-compression-level': option('pushCompressionLevel', 'number', undefined),
  'max-layer-size': option('maxLayerSize', 'number', 64 * 2 ** 30),
  'pull-platforms': option('pullPlatforms', 'strings', []),
  'image-undo-period': option('imageUndoPeriod', 'number', 24 * 3600),
  'image-undo-reserve': option('imageUndoReserve', 'number', 2 * 2 ** 30),
  'keep-compressed-layers': option('keepCompressedLayers', 'boolean', false),
  'default-runtime': option('defaultRuntime', 'string', 'runc'),
  runtimes: option('runtimes', 'runtimes', {}),
  'cgroup-parent': option('cgroupParent', 'string', 'strata'),
  'log-opts': option('logOpts', 'map', {}),
  'live-restore': option('liveRestore', 'boolean', false),
  labels: option('labels', 'strings', []),
  'shutdown-timeout': option('shutdownTimeout', 'number', 15),
}

const checks: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: value => typeof value === 'string',
  number: value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  boolean: value => typeof value === 'boolean',
  strings: value => Array.isArray(value) && value.every(item => typeof item === 'string'),
  map: value => isObject(value) && Object.values(value).every(item => typeof item === 'string'),
  registries: value => isObject(value) && Object.values(value).every(isRegistrySettings),
  runtimes: value =>
    isObject(value) && Object.values(value).every(item => isObject(item) && typeof item.path === 'string'),
}

/** What a value must be, for people. */
const wordsOf: Readonly<Record<Kind, string>> = {
  string: 'a string',
  number: 'a whole number that is not negative',
  boolean: 'true or false',
  strings: 'a list of strings',
  map: 'an object of strings',
  registries: 'an object with "mirrors" and "blocked" for each registry',
  runtimes: 'an object with a "path" for each runtime',
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRegistrySettings(value: unknown): value is RegistrySettings {
  if (!isObject(value)) return false
  const { mirrors = [], blocked = false, ...unknown } = value
  return checks.strings(mirrors) && checks.boolean(blocked) && Object.keys(unknown).length === 0
}

/** The keys that the file has in a group of their own. */
const PROXY_KEYS = ['http-proxy', 'https-proxy', 'no-proxy']

/** The file with the group `proxies` taken apart, as the flags have it. */
function withoutGroups(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { proxies = {}, ...rest } = file
  if (!isObject(proxies)) {
    throw new StrataError('invalid_argument', 'invalid value for configuration option proxies: must be an object')
  }
  refuseUnknown([...Object.keys(rest).filter(key => PROXY_KEYS.includes(key)), ...unknownOf(proxies, PROXY_KEYS)])
  return { ...rest, ...proxies }
}

function unknownOf(keyed: object, known: readonly string[]): string[] {
  return Object.keys(keyed).filter(key => !known.includes(key))
}

function refuseUnknown(keys: readonly string[]): void {
  if (keys.length === 0) return
  throw new StrataError(
    'invalid_argument',
    `the following directives don't match any configuration option: ${keys.join(', ')}`,
  )
}

/** What the flags say, by key of the configuration file; absent when a flag was not given. */
export type DaemonFlags = Readonly<Record<string, unknown>>

/**
 * Merges defaults, the configuration file and the flags. A key given both ways is refused as dockerd refuses it, unless
 * both say the same.
 */
export function mergeConfig(whole: unknown, flags: DaemonFlags): DaemonConfig {
  if (!isObject(whole)) throw new StrataError('invalid_argument', 'the configuration file must hold a JSON object')
  const file = withoutGroups(whole)
  refuseUnknown(unknownOf(file, Object.keys(options)))
  const merged: Record<string, unknown> = {}
  const conflicts: string[] = []
  for (const [key, { field, kind, initial }] of Object.entries(options)) {
    const inFile = Object.hasOwn(file, key)
    const value = flags[key] ?? (inFile ? file[key] : initial)
    if (inFile && flags[key] !== undefined && JSON.stringify(file[key]) !== JSON.stringify(flags[key])) {
      const [flag, other] = [flags[key], file[key]].map(said => redacted(key, String(said)))
      conflicts.push(`${key}: (from flag: ${flag}, from file: ${other})`)
    }
    if (value !== undefined && !checks[kind](value)) {
      throw new StrataError(
        'invalid_argument',
        `invalid value for configuration option ${key}: must be ${wordsOf[kind]}`,
      )
    }
    merged[field] = value
  }
  if (conflicts.length > 0) {
    throw new StrataError(
      'invalid_argument',
      `the following directives are specified both as a flag and in the configuration file: ${conflicts.join(', ')}`,
    )
  }
  const config = merged as unknown as DaemonConfig
  checkConfig(config)
  return Object.freeze(config)
}

/** The proxies of registries: what the configuration says, then the environment. */
export function proxiesOf(config: DaemonConfig, environment: Readonly<Record<string, string | undefined>>): Proxies {
  const either = (own: string | undefined, name: string) => own || environment[name] || environment[name.toLowerCase()]
  const http = either(config.httpProxy, 'HTTP_PROXY')
  const https = either(config.httpsProxy, 'HTTPS_PROXY')
  const no = either(config.noProxy, 'NO_PROXY')
  return { ...(http && { http }), ...(https && { https }), ...(no && { no }) }
}

function redacted(key: string, value: string): string {
  return PROXY_KEYS.includes(key) ? maskProxy(value) : value
}

/** Reads the configuration file; a missing one is an empty one unless it was `required`. */
export async function readConfigFile(path: string, required: boolean): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !required) return {}
    throw new StrataError('invalid_argument', `unable to read the configuration file ${path}`, { cause: error })
  }
  try {
    return text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    throw new StrataError('invalid_argument', `the configuration file ${path} is not valid JSON`, { cause: error })
  }
}
