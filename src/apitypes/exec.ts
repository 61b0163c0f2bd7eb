/** The body of `POST /containers/{id}/exec`. */
export interface ExecCreateRequest {
  /** Empty: the container's user. */
  readonly User: string
  readonly Privileged: boolean
  readonly Tty: boolean
  /** Height, width. */
  readonly ConsoleSize?: readonly [number, number]
  readonly AttachStdin: boolean
  readonly AttachStderr: boolean
  readonly AttachStdout: boolean
  readonly DetachKeys: string
  readonly Env: readonly string[] | null
  readonly WorkingDir: string
  readonly Cmd: readonly string[] | null
}

/** The body of `POST /exec/{id}/start`. */
export interface ExecStartRequest {
  readonly Detach: boolean
  readonly Tty: boolean
  readonly ConsoleSize?: readonly [number, number]
}

/** `GET /exec/{id}/json`. */
export interface ExecInspect {
  readonly ID: string
  readonly Running: boolean
  /** `null` until it has exited. */
  readonly ExitCode: number | null
  readonly ProcessConfig: {
    readonly tty: boolean
    readonly entrypoint: string
    readonly arguments: readonly string[]
    readonly privileged: boolean
    readonly user?: string
  }
  readonly OpenStdin: boolean
  readonly OpenStderr: boolean
  readonly OpenStdout: boolean
  readonly CanRemove: boolean
  readonly ContainerID: string
  /** Base64 of the key bytes. */
  readonly DetachKeys: string
  readonly Pid: number
}
