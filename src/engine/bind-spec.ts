import { StrataError } from '../std/index.ts'
import { cleanPath } from './clean-path.ts'

/** A bind or a volume as `-v` writes it. */
export interface BindSpec {
  /** A path of the host, the name of a volume, or empty for one without a name. */
  readonly source: string
  /** Absolute and clean. */
  readonly destination: string
  /** As it is written. */
  readonly mode: string
  readonly writable: boolean
  /** Whether an empty volume gets what the image has there. */
  readonly copy: boolean
  /** Empty when it isn't told. */
  readonly propagation: string
}

/** How mounts below a bind are shared with the host. */
export const propagations: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'slave',
  'rslave',
  'shared',
  'rshared',
])

/** What a mode may tell, one of each kind at most. */
const kinds: readonly ReadonlySet<string>[] = [
  new Set(['rw', 'ro']),
  new Set(['z', 'Z']),
  propagations,
  new Set(['nocopy']),
  new Set(['consistent', 'cached', 'delegated']),
]

/** Reads `source:target[:mode]`, or a target alone. Throws `internal` with Docker's texts, as dockerd does. */
export function parseBind(spec: string): BindSpec {
  const failed = (message: string) => new StrataError('internal', message)
  const invalid = `invalid volume specification: '${spec}'`
  const parts = spec.split(':')
  const [source, target, mode] = parts.length === 1 ? ['', spec, ''] : [parts[0]!, parts[1]!, parts[2] ?? '']
  if (parts[0] === '' || parts.length > 3 || (parts.length === 2 && isMode(target))) throw failed(invalid)
  if (!isMode(mode)) throw failed(`invalid mode: ${mode}`)
  const type = source.startsWith('/') ? 'bind' : 'volume'
  const bad = (why: string) => failed(`${invalid}: invalid mount config for type "${type}": ${why}`)
  if (target === '') throw bad('field Target must not be empty')
  const destination = cleanPath(target)
  if (destination === '/') throw bad("invalid specification: destination can't be '/'")
  if (!target.startsWith('/')) throw bad(`invalid mount path: '${target}' mount path must be absolute`)
  const options = mode.split(',')
  const propagation = options.find(option => propagations.has(option)) ?? ''
  const copy = !options.includes('nocopy')
  if (type === 'bind' && !copy) throw bad('field VolumeOptions must not be specified')
  if (type === 'volume' && propagation !== '') throw bad('field BindOptions must not be specified')
  return { source, destination, mode, writable: !options.includes('ro'), copy, propagation }
}

/** Whether it is what may follow a target, or nothing. */
export function isMode(text: string): boolean {
  if (text === '') return true
  const options = text.split(',')
  const known = options.every(option => kinds.some(kind => kind.has(option)))
  return known && kinds.every(kind => options.filter(option => kind.has(option)).length <= 1)
}
