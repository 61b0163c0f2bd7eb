import { isIP } from 'node:net'
import { parsePlatforms } from '../oci/index.ts'
import { StrataError } from '../std/index.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']
/** Runtimes that need not be configured. */
export const KNOWN_RUNTIMES = { runc: { path: 'runc' }, crun: { path: 'crun' } }

/** What of the configuration has rules beyond types. */
interface CheckedConfig {
  readonly bridge: string
  readonly logLevel: string
  readonly dns: readonly string[]
  readonly labels: readonly string[]
  readonly defaultRuntime: string
  readonly runtimes: Readonly<Record<string, unknown>>
  readonly maxDownloadAttempts: number
  readonly maxUploadAttempts: number
  readonly pullPlatforms: readonly string[]
}

/** Checks values that have the right type. Throws `invalid_argument`, with Docker's text where it has one. */
export function checkConfig(config: CheckedConfig): void {
  const { bridge, logLevel, dns, labels, defaultRuntime, runtimes, maxDownloadAttempts, maxUploadAttempts } = config
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(bridge) || bridge === 'none') {
    throw invalid(`invalid bridge name "${bridge}": use a name for an interface of its own`)
  }
  if (!LOG_LEVELS.includes(logLevel)) throw invalid(`invalid logging level: ${logLevel}`)
  for (const address of dns) if (isIP(address) === 0) throw invalid(`invalid IP address: ${address}`)
  checkLabels(labels)
  if (!Object.hasOwn({ ...KNOWN_RUNTIMES, ...runtimes }, defaultRuntime)) {
    throw invalid(`specified default runtime '${defaultRuntime}' does not exist`)
  }
  if (maxDownloadAttempts < 1) throw invalid(`invalid max download attempts: ${maxDownloadAttempts}`)
  if (maxUploadAttempts < 1) throw invalid(`invalid max upload attempts: ${maxUploadAttempts}`)
  parsePlatforms(config.pullPlatforms)
}

function checkLabels(labels: readonly string[]): void {
  const byKey = new Map<string, string>()
  for (const label of labels) {
    const at = label.indexOf('=')
    if (at < 0) throw invalid(`bad attribute format: ${label}`)
    const key = label.slice(0, at)
    const before = byKey.get(key)
    if (before !== undefined && before !== label) throw invalid(`conflict labels for ${label} and ${before}`)
    byKey.set(key, label)
  }
}

function invalid(message: string): StrataError {
  return new StrataError('invalid_argument', message)
}
