/**
 * Running processes in containers, by way of an OCI runtime (runc, crun) and our *shim*.
 *
 * A *bundle* is a folder with the OCI `config.json` (the *spec*). A *task* is a running container, as opposed to the
 * container, which is a record. Each task and each exec has one shim: a small static C program (`native/shim.c`) that is
 * the subreaper of what the runtime starts, holds its pty or pipes, writes the log, serves attach on a unix socket and
 * records the exit. The shim never needs the engine: the engine may be killed at any time and finds everything again
 * through the task's folder.
 *
 * Why one shim of our own for each task and exec, and neither one supervisor for all nor conmon: a crash touches one
 * container only; an upgrade of the engine never has to restart or talk to an old supervisor about containers that it
 * did not start; it needs no package; it costs a fraction of a megabyte; and its socket is a SOCK_STREAM that Node opens
 * (conmon's is SOCK_SEQPACKET). The runtime is called once for a start, as `run --detach`: that takes two thirds of the
 * time of `create` and `start`, and loses nothing, because the network namespace is made before and joined by path.
 *
 * Folders: `<execRoot>/tasks/<id>/` is the bundle and the shim's folder, `…/<id>/exec/<execId>/` an exec's, and
 * `<execRoot>/<runtime>/` the runtime's own `--root`.
 */
import type { Duplex } from 'node:stream'

export interface Runtime {
  /** Starts a shim for a bundle; the runtime is not called before `Task.start`, so that attach misses nothing. */
  create(options: CreateTaskOptions): Promise<Task>
  /** The task of a container that was created before, even by an earlier engine. `not_found` when nothing is left of it. */
  load(id: string): Promise<Task>
  /** Forgets a task that has exited: runtime state, cgroup, sockets, folder. Also cleans up after a half-made one. Idempotent. */
  remove(id: string): Promise<void>
  /** IDs that have a task folder. */
  list(): Promise<string[]>
}

export interface CreateTaskOptions {
  readonly id: string
  /** The OCI runtime spec; the runtime room writes it into the bundle. */
  readonly spec: object
  readonly io: ProcessIo
  readonly log?: LogOptions
  /** Name of a registered runtime; the default one when absent. */
  readonly runtime?: string
}

export interface ProcessIo {
  readonly terminal: boolean
  /** Whether standard input stays open for attach; when not, the process reads end of file at once. */
  readonly stdin: boolean
  /** Close standard input for good when the first attached client closes its side. */
  readonly stdinOnce: boolean
  readonly size?: { readonly columns: number; readonly rows: number }
}

/** The json-file log: one `{"log","stream","time"}` a line, the form of Docker's `json-file` driver. */
export interface LogOptions {
  readonly path: string
  /** Rotate at this many bytes; 0 never. */
  readonly maxSize: number
  /** How many files to keep when rotating: `path`, `path.1`, … */
  readonly maxFiles: number
}

export interface Exit {
  /** 0 to 255; 128 + n when signal n ended it. */
  readonly code: number
  readonly at: Date
  readonly oomKilled: boolean
}

export interface Process {
  /** Starts it; resolves with the pid when the program runs. Throws `invalid_argument` with the runtime's message; `details.exitCode` is 126 or 127 where Docker says so. */
  start(): Promise<number>
  /** The pid in the host's namespace; undefined before the start; stays after the exit. */
  readonly pid: number | undefined
  kill(signal: number): Promise<void>
  resize(size: { readonly columns: number; readonly rows: number }): Promise<void>
  /** Resolves when it has exited and all its output is in the log and with the attached clients. */
  wait(signal?: AbortSignal): Promise<Exit>
  /** The exit, when it has happened already. */
  exited(): Promise<Exit | undefined>
  /**
   * A connection to its stdio. Output is in Docker's attach format as it stands: raw for a terminal, 8-byte frames else.
   * What is written to the stream goes to standard input; ending it is end of file. Ends when the process has exited.
   */
  attach(streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }): Promise<Duplex>
}

export interface Task extends Process {
  readonly id: string
  /** The OCI runtime spec that it was started with, as it was read back: large numbers may be rounded. */
  spec(): Promise<object>
  exec(options: ExecOptions): Promise<Process>
  /** An exec that was started before, even by an earlier engine. */
  loadExec(execId: string): Promise<Process>
  /** Forgets an exec that has exited or could not be started. Without this its folder stays until the task is removed. Idempotent. */
  removeExec(execId: string): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Whether it is paused now, whoever did it. */
  paused(): Promise<boolean>
  /** Pids of all its processes, in the host's namespace. */
  pids(): Promise<number[]>
}

export interface ExecOptions {
  readonly id: string
  /** `process` of the OCI runtime spec. */
  readonly process: object
  readonly io: ProcessIo
}
