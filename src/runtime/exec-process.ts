import { StrataError } from '../std/index.ts'
import { availableCapabilities } from './capabilities.ts'
import { mergeEnvironment } from './environment.ts'
import { restoredLimits } from './limits.ts'
import type { ExecProcessOptions } from './spec-options.ts'
import { resolveUser } from './users.ts'

/** What is used of a container's `process`. */
interface ContainerProcess {
  readonly user: object
  readonly env?: readonly string[]
  readonly cwd: string
  readonly capabilities?: object
  readonly rlimits?: readonly { type: string; soft: number; hard: number }[]
  readonly noNewPrivileges?: boolean
  readonly oomScoreAdj?: number
  readonly apparmorProfile?: string
  readonly consoleSize?: object
}

/** The `process` of an exec in a container whose spec is given. Throws as `createSpec` does. */
export async function createExecProcess(options: ExecProcessOptions): Promise<object> {
  if (options.args.length === 0) throw new StrataError('invalid_argument', 'No exec command specified')
  const { consoleSize: _, ...container } = (options.spec as { process: ContainerProcess }).process
  const all = options.privileged ? availableCapabilities() : undefined
  // Through text, because numbers beyond 2^53 may be raw JSON, or be rounded ones when the spec was read from its file.
  const limits = JSON.parse(JSON.stringify(container.rlimits ?? [])) as NonNullable<ContainerProcess['rlimits']>
  const user = options.user ? await resolveUser(options.rootfs, options.user, options.groupAdd) : container.user
  return {
    ...container,
    terminal: options.terminal ?? false,
    user,
    args: options.args,
    env: mergeEnvironment(options.terminal ? ['TERM=xterm'] : [], container.env ?? [], options.env ?? []),
    cwd: options.cwd || container.cwd,
    ...(limits.length > 0 && { rlimits: restoredLimits(limits) }),
    ...(all && { capabilities: { bounding: all, effective: all, permitted: all } }),
  }
}
