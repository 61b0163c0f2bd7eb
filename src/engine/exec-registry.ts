import type { ExecCreateRequest } from '../apitypes/index.ts'
import type { Process } from '../runtime/index.ts'
import type { Container } from './container.ts'

/**
 * A process to be run, running, or run in a container beside its own. Known as long as its container's run goes on and
 * this engine lives; Docker keeps them no longer either.
 */
export interface Exec {
  readonly id: string
  readonly container: Container
  readonly request: ExecCreateRequest
  /** `process` of the OCI spec. */
  readonly spec: object
  state: 'created' | 'running' | 'exited'
  process: Process | undefined
  pid: number
  exitCode: number | null
  /** Resolves when its end is recorded. */
  readonly ended: PromiseWithResolvers<void>
}

export type ExecRegistry = Map<string, Exec>
