import { readFile } from 'node:fs/promises'
import { errnoOf, StrataError } from '../std/index.ts'

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
  readonly maxConcurrentDownloads: number
  readonly maxDownloadAttempts: number
  /** The most bytes that one layer may have when uncompressed. */
  readonly maxLayerSize: number
  /** Whether compressed layers are kept beside the layers made of them; costs their size on disk. */
  readonly keepCompressedLayers: boolean
  readonly defaultRuntime: string
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>
  readonly cgroupParent: string
  readonly logOpts: Readonly<Record<string, string>>
  readonly labels: readonly string[]
  /** Whether containers go on when the engine is told to end; they always survive its crash. */
  readonly liveRestore: boolean
  readonly shutdownTimeout: number
}

type Kind = 'string' | 'number' | 'boolean' | 'strings' | 'map' | 'runtimes'

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
  'max-concurrent-downloads': option('maxConcurrentDownloads', 'number', 3),
  'max-download-attempts': option('maxDownloadAttempts', 'number', 5),
  'max-layer-size': option('maxLayerSize', 'number', 64 * 2 ** 30),
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
  runtimes: value =>
    isObject(value) && Object.values(value).every(item => isObject(item) && typeof item.path === 'string'),
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the flags say, by key of the configuration file; absent when a flag was not given. */
export type DaemonFlags = Readonly<Record<string, unknown>>

/**
 * Merges defaults, the configuration file and the flags. A key given both ways is refused as dockerd refuses it, unless
 * both say the same.
 */
export function mergeConfig(file: unknown, flags: DaemonFlags): DaemonConfig {
  if (!isObject(file)) throw new StrataError('invalid_argument', 'the configuration file must hold a JSON object')
  const unknown = Object.keys(file).filter(key => !Object.hasOwn(options, key))
  if (unknown.length > 0) {
    throw new StrataError(
      'invalid_argument',
      `the following directives don't match any configuration option: ${unknown.join(', ')}`,
    )
  }
  const merged: Record<string, unknown> = {}
  const conflicts: string[] = []
  for (const [key, { field, kind, initial }] of Object.entries(options)) {
    const inFile = Object.hasOwn(file, key)
    const value = flags[key] ?? (inFile ? file[key] : initial)
    if (inFile && flags[key] !== undefined && JSON.stringify(file[key]) !== JSON.stringify(flags[key])) {
      conflicts.push(`${key}: (from flag: ${String(flags[key])}, from file: ${String(file[key])})`)
    }
    if (value !== undefined && !checks[kind](value)) {
      throw new StrataError('invalid_argument', `invalid value for configuration option ${key}: must be a ${kind}`)
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
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(config.bridge) || config.bridge === 'none') {
    throw new StrataError(
      'invalid_argument',
      `invalid bridge name "${config.bridge}": use a name for an interface of its own`,
    )
  }
  return Object.freeze(config)
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
