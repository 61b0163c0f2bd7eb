import { StrataError } from '../std/index.ts'

const known = new Set(['type', 'o', 'device', 'size'])

/**
 * Checks options of the `local` driver (`--opt`), with Docker's texts: `type`, `o` and `device` of what is mounted, `size`
 * as a quota. Good ones throw `not_implemented`: taken without being followed they would put data where nobody looks.
 */
export function checkLocalOptions(name: string, options: Readonly<Record<string, string>>): void {
  const bad = (text: string) => new StrataError('invalid_argument', `create ${name}: ${text}`)
  const keys = Object.keys(options)
  const unknown = keys.find(key => !known.has(key))
  if (unknown !== undefined) throw bad(`invalid option: ${JSON.stringify(unknown)}`)
  if (options.size !== undefined) throw bad('quota size requested but no quota support')
  if (keys.length > 0 && !options.device) throw bad('missing required option: "device"')
  if (keys.length === 0) return
  throw new StrataError('not_implemented', `create ${name}: options of the local volume driver are not implemented yet`)
}
