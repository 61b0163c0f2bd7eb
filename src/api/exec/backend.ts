import type { ExecCreateRequest, ExecInspect } from '../../apitypes/index.ts'
import type { AttachSession } from '../attach-session.ts'

/** What the exec routes need. Throws `not_found` "No such exec instance: x", `conflict` for a container that does not run, …. */
export interface ExecBackend {
  create(containerId: string, request: ExecCreateRequest): Promise<{ readonly Id: string }>
  /** Starts it with nobody attached; resolves when the program runs. */
  start(id: string, options: StartExecOptions): Promise<void>
  /** Finds it; `connect()` of the session starts it. The streams are those that its creator asked for. */
  attach(id: string, options: StartExecOptions & { readonly signal: AbortSignal }): Promise<AttachSession>
  /** `DetachKeys` as they were typed: the API encodes them. */
  inspect(id: string): Promise<ExecInspect>
  resize(id: string, size: { readonly height: number; readonly width: number }): Promise<void>
}

export interface StartExecOptions {
  /** Size of the terminal to begin with. */
  readonly consoleSize?: { readonly height: number; readonly width: number }
}
