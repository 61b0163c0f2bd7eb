import type { Duplex } from 'node:stream'

/**
 * A look at the stdio of a container or an exec, found and allowed, but not connected yet. What can be refused with an
 * HTTP status has been refused by the time that this exists.
 */
export interface AttachSession {
  /** Whether the stream is raw (a terminal) or in Docker's 8-byte frames. */
  readonly tty: boolean
  /**
   * Whether the end of the client's input is the end of the process' standard input (`StdinOnce`; always so for an
   * exec). When not, it just ends the session, as in Docker.
   */
  readonly stdinOnce: boolean
  /** The detach keys that were asked for when the exec was created, in Docker's notation. */
  readonly detachKeys?: string
  /**
   * Connects (and starts the process of an exec). Readable side: output already in Docker's attach format, ends when
   * the process has exited or the container stops. Writable side: standard input; `end()` is end of file, `destroy(error)`
   * means that the client left, and leaves the process alone. Call once.
   */
  connect(): Promise<Duplex>
  /** Told when the client typed the detach keys, right before the stream is destroyed. */
  detached?(): void
}
