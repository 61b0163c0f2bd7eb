import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerSummary,
  ContainersPruned,
  ContainerTop,
  FilesystemChange,
  Filters,
  WaitResponse,
} from '../../apitypes/index.ts'
import type { AttachSession } from '../attach-session.ts'

/**
 * What the container routes need. `id` is always what the user typed: an ID, the beginning of one, or a name. Every
 * method throws StrataError with Docker's text: `not_found` "No such container: x", `conflict`, `not_modified`, ….
 */
export interface ContainersBackend {
  create(request: ContainerCreateRequest, options: CreateContainerOptions): Promise<ContainerCreateResponse>
  /** Throws `not_modified` when it runs already. */
  start(id: string, options: { readonly detachKeys?: string }): Promise<void>
  /** Throws `not_modified` when it does not run. */
  stop(id: string, options: StopContainerOptions): Promise<void>
  restart(id: string, options: StopContainerOptions): Promise<void>
  /** `signal`: a name with or without `SIG`, or a number; empty: SIGKILL. */
  kill(id: string, signal: string): Promise<void>
  pause(id: string): Promise<void>
  unpause(id: string): Promise<void>
  /** `link`: remove the link, not the container. */
  remove(
    id: string,
    options: { readonly force: boolean; readonly volumes: boolean; readonly link: boolean },
  ): Promise<void>
  /** Removes all that do not run. Throws `invalid_argument` for a bad value of a filter. */
  prune(filters: Filters): Promise<ContainersPruned>
  rename(id: string, name: string): Promise<void>
  inspect(id: string, options: { readonly size: boolean }): Promise<ContainerInspect>
  list(options: ListContainersOptions): Promise<readonly ContainerSummary[]>
  /** `psArgs` as typed; empty: `-ef`. */
  top(id: string, psArgs: string): Promise<ContainerTop>
  /** A tar of all that its file system shows. */
  export(id: string, options: { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>
  changes(id: string): Promise<readonly FilesystemChange[]>
  /**
   * The outer promise settles once the container is found and being watched (the API then sends its headers, on which
   * clients rely before they start the container); `exit` when the condition has come true. Rejects when `signal` is aborted.
   */
  wait(id: string, condition: WaitCondition, signal: AbortSignal): Promise<{ readonly exit: Promise<WaitResponse> }>
  logs(id: string, options: LogsOptions): Promise<ContainerLogs>
  attach(id: string, options: AttachOptions): Promise<AttachSession>
  resize(id: string, size: { readonly height: number; readonly width: number }): Promise<void>
}

export interface CreateContainerOptions {
  /** Empty: the engine makes one up. */
  readonly name: string
  /** As typed: `linux/arm64/v8`. Absent: the host's. */
  readonly platform?: string
}

export interface StopContainerOptions {
  /** Seconds; negative: wait for ever. Absent: the container's StopTimeout, then 10. */
  readonly timeout?: number
  /** Absent: the container's StopSignal, then SIGTERM. */
  readonly signal?: string
}

export interface ListContainersOptions {
  /** Those that do not run as well. */
  readonly all: boolean
  /** At most this many, newest first, running or not; 0: no limit. */
  readonly limit: number
  readonly size: boolean
  readonly filters: Filters
}

/** `not-running`: returns at once when it does not run. `next-exit`: the next one. `removed`: once it is gone. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

export interface LogsOptions {
  readonly stdout: boolean
  readonly stderr: boolean
  /** Go on with what is written from now, until the container stops or `signal` is aborted. */
  readonly follow: boolean
  /** Nanoseconds since the epoch; only records at or after it. */
  readonly since?: bigint
  /** Nanoseconds since the epoch; only records at or before it. */
  readonly until?: bigint
  /** The last so many lines (before following); absent: all. */
  readonly tail?: number
  readonly signal: AbortSignal
}

export interface ContainerLogs {
  readonly tty: boolean
  /** In batches, as they are read: a batch is what is there now. Leaving the loop closes the files. */
  readonly records: AsyncIterable<readonly LogRecord[]>
}

export interface LogRecord {
  readonly stream: 'stdout' | 'stderr'
  /** RFC 3339 with nanoseconds, UTC, as in the json-file log. */
  readonly time: string
  /** The line with its line feed, when it has one. */
  readonly data: Uint8Array
}

export interface AttachOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  /** Attach to what comes from now on; when false, only `logs` are sent. */
  readonly stream: boolean
  /** First replay the log. */
  readonly logs: boolean
  readonly signal: AbortSignal
}
