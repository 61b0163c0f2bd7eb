import type { HostConfig } from '../apitypes/index.ts'
import { parseBool, StrataError } from '../std/index.ts'

type Options = Readonly<Record<string, string>>

/** Log drivers of dockerd that are not there yet. */
const missing = ['local', 'journald', 'syslog', 'gelf', 'fluentd', 'awslogs', 'splunk', 'gcplogs', 'etwlogs']

const known = ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag']
/** Options that every driver has. */
const general = ['mode', 'max-buffer-size']

/** Checks at a create what can be said of a log without making it. `defaults` are the engine's. Throws `invalid_argument`. */
export function checkLog({ Type: type, Config: own }: HostConfig['LogConfig'], defaults: Options): void {
  const bad = (message: string) => new StrataError('invalid_argument', message)
  if (type === 'none') return
  if (missing.includes(type)) throw bad(`logger: no log driver named '${type}' is registered`)
  if (type !== '' && type !== 'json-file')
    throw bad(`error looking up logging plugin ${type}: plugin "${type}" not found`)
  const options: Options = { ...defaults, ...own }
  const { mode = '', 'max-buffer-size': buffer } = options
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw bad(`logger: logging mode not supported: ${mode}`)
  if (buffer !== undefined) {
    if (mode !== 'non-blocking') {
      throw bad(`logger: max-buffer-size option is only supported with 'mode=non-blocking'`)
    }
    if (sizeOf(buffer, 1024) === undefined) throw bad(`error parsing option max-buffer-size: invalid size: '${buffer}'`)
  }
  const unknown = Object.keys(options).find(name => !known.includes(name) && !general.includes(name))
  if (unknown !== undefined) throw bad(`unknown log opt '${unknown}' for json-file log driver`)
}

/** How large a log and how many files of it there may be; `maxSize` 0: as large as it gets. Throws `internal`, Docker's text. */
export function logLimits(options: Options): { readonly maxSize: number; readonly maxFiles: number } {
  const failed = (why: string) =>
    new StrataError('internal', `failed to create task for container: failed to initialize logging driver: ${why}`)
  const { 'max-size': size, 'max-file': files = '1', compress = 'false' } = options
  const maxSize = size === undefined ? 0 : sizeOf(size, 1000)
  if (maxSize === undefined) throw failed(`invalid size: '${size}'`)
  if (size !== undefined && maxSize <= 0) throw failed('max-size must be a positive number')
  if (!/^[+-]?\d+$/.test(files)) throw failed(`strconv.Atoi: parsing ${JSON.stringify(files)}: invalid syntax`)
  const maxFiles = Number(files)
  if (maxFiles < 1) throw failed('max-file cannot be less than 1')
  const compressed = parseBool(compress)
  if (compressed === undefined) throw failed(`strconv.ParseBool: parsing ${JSON.stringify(compress)}: invalid syntax`)
  if (compressed && (maxFiles < 2 || size === undefined)) {
    throw failed('compress cannot be true when max-file is less than 2 or max-size is not set')
  }
  return { maxSize, maxFiles }
}

/** `10m` -> bytes, as Docker's units package reads sizes: k, m, g, t, p are powers of `unit`; undefined for what is none. */
function sizeOf(text: string, unit: 1000 | 1024): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text)
  if (!match) return undefined
  return Math.floor(Number(match[1]) * unit ** ' kmgtp'.indexOf((match[2] || ' ').toLowerCase()))
}
