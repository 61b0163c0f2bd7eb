import type { SecurityOptions } from '../../runtime/index.ts'
import { parseBool, StrataError } from '../../std/index.ts'

/** What `--security-opt` asks for, with the seccomp profile as it was given. */
export interface AskedSecurity extends Omit<SecurityOptions, 'seccomp'> {
  readonly seccomp?: string
}

/** Reads `--security-opt` values. Throws `internal` with Docker's text, as dockerd does. */
export function parseSecurityOptions(values: readonly string[]): AskedSecurity {
  return Object.assign({}, ...values.map(parseOption))
}

function parseOption(option: string): AskedSecurity {
  if (option === 'no-new-privileges') return { noNewPrivileges: true }
  if (option === 'writable-cgroups') return { writableCgroups: true }
  // SELinux labels mean nothing where SELinux is not, as for dockerd.
  if (option === 'disable') return {}
  const at = option.indexOf(option.includes('=') ? '=' : ':')
  if (at < 0) throw new StrataError('internal', `invalid --security-opt 1: ${JSON.stringify(option)}`)
  const [name, value] = [option.slice(0, at), option.slice(at + 1)]
  const on = parseBool(value)
  if (name === 'label') return {}
  if (name === 'apparmor') return { apparmor: value }
  if (name === 'seccomp') return { seccomp: value }
  if (name === 'no-new-privileges' && on !== undefined) return { noNewPrivileges: on }
  if (name === 'writable-cgroups' && on !== undefined) return { writableCgroups: on }
  throw new StrataError('internal', `invalid --security-opt 2: ${JSON.stringify(option)}`)
}
